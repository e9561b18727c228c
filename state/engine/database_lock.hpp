// The run lock of a state in a database: an advisory lock of a session of its own. The server frees it when the session ends,
// which is at most 15 s after the machine that held it is gone (decisions/0013).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "state/engine/place.hpp"
#include "state/engine/run_fence.hpp"

namespace ingot::state {

class DatabaseLock {
 public:
  /// How often still_held must be asked, so that the server does not take the session for dead.
  static constexpr std::chrono::seconds between_signs{3};

  /// nullopt: another run holds it. Error{local}: there is no such state, or it cannot be reached.
  static std::optional<DatabaseLock> try_take(const Place& place, const std::string& who);
  /// Who holds it, "" if that is not known; nullopt: nobody.
  static std::optional<std::string> holder(const Place& place);

  DatabaseLock(DatabaseLock&&) noexcept;
  DatabaseLock& operator=(DatabaseLock&&) noexcept;
  ~DatabaseLock();

  /// Gives the server a sign of life. False, from then on for ever: the session is gone, or gave no answer in time.
  bool still_held();
  RunFence fence() const;

 private:
  struct Impl;
  explicit DatabaseLock(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot::state
