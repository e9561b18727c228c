#include "reconciler/io/clock.hpp"

#include <thread>

namespace ingot {

Time SystemClock::now() { return std::chrono::floor<Seconds>(std::chrono::system_clock::now()); }
std::chrono::steady_clock::time_point SystemClock::steady() { return std::chrono::steady_clock::now(); }
void SystemClock::sleep_for(std::chrono::milliseconds duration) { std::this_thread::sleep_for(duration); }

}  // namespace ingot
