#include "schema/window.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot {

namespace {

constexpr int minutes_of_hour = 60;
constexpr int minutes_of_day = 24 * minutes_of_hour;

std::optional<int> two_digits(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!is_digit(text[0]) || !is_digit(text[1])) return std::nullopt;
  return (text[0] - '0') * 10 + (text[1] - '0');
}

/// "22:00", up to 24:00.
std::optional<int> parse_minute(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = two_digits(text);
  const auto minute = two_digits(text.substr(3));
  if (!hour || !minute || *minute >= minutes_of_hour) return std::nullopt;
  const int whole = *hour * minutes_of_hour + *minute;
  return whole <= minutes_of_day ? std::optional(whole) : std::nullopt;
}

bool holds(const Window& window, MinuteOfDay now) {
  if (window.opens < window.closes) return window.opens <= now && now < window.closes;
  return now >= window.opens || now < window.closes;
}

}  // namespace

std::optional<Window> parse_window(std::string_view text) {
  if (text.size() != 11 || text[5] != '-') return std::nullopt;
  const auto opens = parse_minute(text.substr(0, 5));
  const auto closes = parse_minute(text.substr(6));
  if (!opens || !closes || *opens == minutes_of_day || *opens == *closes) return std::nullopt;
  return Window{.opens = *opens, .closes = *closes};
}

std::string minute_text(MinuteOfDay minute) {
  return fmt::format("{:02}:{:02}", minute / minutes_of_hour, minute % minutes_of_hour);
}

std::string window_text(const Window& window) {
  return fmt::format("{}-{}", minute_text(window.opens), minute_text(window.closes));
}

std::string windows_text(const std::vector<Window>& windows) {
  std::vector<std::string> texts;
  std::transform(windows.begin(), windows.end(), std::back_inserter(texts), window_text);
  return fmt::format("{}", fmt::join(texts, ", "));
}

bool is_open(const std::vector<Window>& windows, MinuteOfDay now) {
  return windows.empty() ||
         std::any_of(windows.begin(), windows.end(), [now](const Window& window) { return holds(window, now); });
}

MinuteOfDay next_opening(const std::vector<Window>& windows, MinuteOfDay now) {
  const auto minutes_until = [now](const Window& window) { return (window.opens - now + minutes_of_day) % minutes_of_day; };
  return std::min_element(windows.begin(), windows.end(),
                          [&](const Window& one, const Window& other) { return minutes_until(one) < minutes_until(other); })
      ->opens;
}

std::optional<MinuteOfDay> next_closing(const std::vector<Window>& windows, MinuteOfDay now) {
  for (int minutes = 0; minutes < minutes_of_day; ++minutes) {
    const MinuteOfDay then = (now + minutes) % minutes_of_day;
    if (!is_open(windows, then)) return then;
  }
  return std::nullopt;
}

std::string why_closed(const std::vector<Window>& windows, MinuteOfDay now) {
  return fmt::format("it is outside of `window` ({}), which opens at {} (local time)", windows_text(windows),
                     minute_text(next_opening(windows, now)));
}

}  // namespace ingot
