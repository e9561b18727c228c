// Time from outside. Read once per run for everything that is decided; monotonic for durations.
#pragma once

#include <chrono>

#include "schema/manifest/window.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::io {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() = 0;
  /// The local time at a moment, as this machine reckons it.
  virtual MinuteOfWeek local_minute(Time time) = 0;
  virtual std::chrono::steady_clock::time_point steady() = 0;
  virtual void sleep_for(std::chrono::milliseconds duration) = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  Time now() override;
  MinuteOfWeek local_minute(Time time) override;
  std::chrono::steady_clock::time_point steady() override;
  void sleep_for(std::chrono::milliseconds duration) override;
};

}  // namespace ingot::io
