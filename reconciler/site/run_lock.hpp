// One run at a time on a state, wherever it is: a lock on a file in its folder, or in its database.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "reconciler/console/session.hpp"
#include "reconciler/io/disk/run_lock.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/engine/run_fence.hpp"

namespace ingot::site {

class RunLock {
 public:
  /// Waits as --lock-timeout says. Error{busy} names who holds it; Error{local} if it cannot be taken.
  static RunLock take(const ServerSection& server, const std::string& who, const console::Session& session);
  RunLock(RunLock&&) noexcept;
  RunLock& operator=(RunLock&&) noexcept;
  ~RunLock();

  /// What the state holds each write to, if the lock is in its database.
  std::optional<state::RunFence> fence() const;

 private:
  class InDatabase;
  explicit RunLock(io::RunLock lock);
  explicit RunLock(std::unique_ptr<InDatabase> lock);
  std::variant<io::RunLock, std::unique_ptr<InDatabase>> lock_;
};

/// Who holds the lock now, for status; nullopt if nobody does.
std::optional<std::string> run_lock_holder(const ServerSection& server);

}  // namespace ingot::site
