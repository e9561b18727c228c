// A clock that stands still until somebody sleeps or sets it, and records the sleeps.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <vector>

#include "reconciler/io/clock.hpp"

namespace ingot::testing_support {

class FakeClock final : public io::Clock {
 public:
  explicit FakeClock(Time now = Time(Seconds(1'795'000'000))) : now_(now) {}

  Time now() override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  /// As in UTC.
  MinuteOfWeek local_minute(Time time) override {
    return static_cast<MinuteOfWeek>(
        std::chrono::duration_cast<std::chrono::minutes>(time - std::chrono::floor<std::chrono::days>(time)).count());
  }
  std::chrono::steady_clock::time_point steady() override {
    const std::lock_guard lock(mutex_);
    return std::chrono::steady_clock::time_point(slept_);
  }
  void sleep_for(std::chrono::milliseconds duration) override {
    {
      const std::lock_guard lock(mutex_);
      slept_ += duration;
      sleeps_.push_back(duration);
    }
    if (on_sleep) on_sleep();
  }
  void set(Time now) {
    const std::lock_guard lock(mutex_);
    now_ = now;
  }
  std::chrono::milliseconds slept() const {
    const std::lock_guard lock(mutex_);
    return slept_;
  }
  std::vector<std::chrono::milliseconds> sleeps() const {
    const std::lock_guard lock(mutex_);
    return sleeps_;
  }

  std::function<void()> on_sleep;  ///< called after each sleep

 private:
  mutable std::mutex mutex_;
  Time now_;
  std::chrono::milliseconds slept_{0};
  std::vector<std::chrono::milliseconds> sleeps_;
};

}  // namespace ingot::testing_support
