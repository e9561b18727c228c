// One run at a time on a state: flock on a file in the state's folder, freed by the kernel when the process dies.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "reconciler/io/clock.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::io {

class RunLock {
 public:
  /// Tries until `timeout` (0: once). Error{busy} names who holds it (run, pid, host, since); Error{local} if it cannot.
  static RunLock take(const std::string& path, const std::string& who, Seconds timeout, Clock& clock);
  RunLock(RunLock&&) noexcept;
  RunLock& operator=(RunLock&&) noexcept;
  ~RunLock();
  /// Who holds it now, for status; nullopt if nobody does.
  static std::optional<std::string> holder(const std::string& path);

 private:
  explicit RunLock(int descriptor);
  int descriptor_ = -1;
};

}  // namespace ingot::io
