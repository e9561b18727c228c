#include "reconciler/io/clock.hpp"

#include <ctime>
#include <thread>

namespace ingot {

Time SystemClock::now() { return std::chrono::floor<Seconds>(std::chrono::system_clock::now()); }

MinuteOfDay SystemClock::local_minute(Time time) {
  const std::time_t moment = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  return ::localtime_r(&moment, &local) == nullptr ? 0 : local.tm_hour * 60 + local.tm_min;
}

std::chrono::steady_clock::time_point SystemClock::steady() { return std::chrono::steady_clock::now(); }
void SystemClock::sleep_for(std::chrono::milliseconds duration) { std::this_thread::sleep_for(duration); }

}  // namespace ingot
