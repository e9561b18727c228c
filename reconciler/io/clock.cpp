#include "reconciler/io/clock.hpp"

#include <ctime>
#include <thread>

namespace ingot::io {

Time SystemClock::now() { return std::chrono::floor<Seconds>(std::chrono::system_clock::now()); }

MinuteOfWeek SystemClock::local_minute(Time time) {
  const std::time_t moment = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  if (::localtime_r(&moment, &local) == nullptr) return 0;
  const int day = (local.tm_wday + 6) % 7;  // Monday is 0
  return (day * 24 + local.tm_hour) * 60 + local.tm_min;
}

std::chrono::steady_clock::time_point SystemClock::steady() { return std::chrono::steady_clock::now(); }
void SystemClock::sleep_for(std::chrono::milliseconds duration) { std::this_thread::sleep_for(duration); }

}  // namespace ingot::io
