// A window for [limits] that is closed now, by the clock on the wall: for tests of the program with its real clock.
#pragma once

#include <array>
#include <ctime>
#include <string>

namespace ingot::testing_support {

/// "14:00-15:00" at noon: it opens in about two hours.
inline std::string closed_window() {
  const auto hour_in = [](std::time_t hours) {
    const std::time_t then = std::time(nullptr) + hours * 3600;
    std::tm local{};
    ::localtime_r(&then, &local);
    std::array<char, 8> text{};
    std::strftime(text.data(), text.size(), "%H:00", &local);
    return std::string(text.data());
  };
  return hour_in(2) + "-" + hour_in(3);
}

}  // namespace ingot::testing_support
