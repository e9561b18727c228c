#include "schema/manifest/window.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot {

namespace {

constexpr int minutes_of_hour = 60;
constexpr int minutes_of_day = 24 * minutes_of_hour;
constexpr int days_of_week = 7;
constexpr int minutes_of_week = days_of_week * minutes_of_day;
constexpr std::array<std::string_view, days_of_week> names_of_days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

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

bool is_of_day(const Window& window, int day) { return (window.days >> static_cast<unsigned>(day) & 1U) != 0; }

bool holds(const Window& window, MinuteOfWeek now) {
  const int day = now / minutes_of_day;
  const int minute = now % minutes_of_day;
  const bool crosses_midnight = window.closes <= window.opens;
  const bool of_today = minute >= window.opens && (crosses_midnight || minute < window.closes);
  const bool of_yesterday = crosses_midnight && minute < window.closes;
  return (of_today && is_of_day(window, day)) || (of_yesterday && is_of_day(window, (day + days_of_week - 1) % days_of_week));
}

/// "Sat,Sun"; nullopt: not such a list.
std::optional<std::uint8_t> parse_days(std::string_view text) {
  unsigned days = 0;
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    const auto name = std::find(names_of_days.begin(), names_of_days.end(), text.substr(0, comma));
    if (name == names_of_days.end()) return std::nullopt;
    const unsigned bit = 1U << static_cast<unsigned>(name - names_of_days.begin());
    if ((days & bit) != 0) return std::nullopt;
    days |= bit;
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
  return static_cast<std::uint8_t>(days);
}

}  // namespace

std::optional<Window> parse_window(std::string_view text) {
  std::uint8_t on = Window::every_day;
  if (const auto blank = text.find(' '); blank != std::string_view::npos) {
    const auto days = parse_days(text.substr(0, blank));
    if (!days) return std::nullopt;
    on = *days;
    text.remove_prefix(blank + 1);
  }
  if (text.size() != 11 || text[5] != '-') return std::nullopt;
  const auto opens = parse_minute(text.substr(0, 5));
  const auto closes = parse_minute(text.substr(6));
  if (!opens || !closes || *opens == minutes_of_day || *opens == *closes) return std::nullopt;
  return Window{.opens = *opens, .closes = *closes, .days = on};
}

std::string minute_text(MinuteOfDay minute) {
  return fmt::format("{:02}:{:02}", minute / minutes_of_hour, minute % minutes_of_hour);
}

std::string window_text(const Window& window) {
  std::string days;
  for (int day = 0; window.days != Window::every_day && day < days_of_week; ++day) {
    if (is_of_day(window, day))
      days += fmt::format("{}{}", days.empty() ? "" : ",", names_of_days[static_cast<std::size_t>(day)]);
  }
  if (!days.empty()) days += " ";
  return days + fmt::format("{}-{}", minute_text(window.opens), minute_text(window.closes));
}

std::string windows_text(const std::vector<Window>& windows) {
  std::vector<std::string> texts;
  std::transform(windows.begin(), windows.end(), std::back_inserter(texts), window_text);
  return fmt::format("{}", fmt::join(texts, ", "));
}

bool is_open(const std::vector<Window>& windows, MinuteOfWeek now) {
  return windows.empty() ||
         std::any_of(windows.begin(), windows.end(), [now](const Window& window) { return holds(window, now); });
}

MinuteOfWeek next_opening(const std::vector<Window>& windows, MinuteOfWeek now) {
  for (int minutes = 0; minutes < minutes_of_week; ++minutes) {
    const MinuteOfWeek then = (now + minutes) % minutes_of_week;
    if (is_open(windows, then)) return then;
  }
  return now;
}

std::optional<MinuteOfWeek> next_closing(const std::vector<Window>& windows, MinuteOfWeek now) {
  for (int minutes = 0; minutes < minutes_of_week; ++minutes) {
    const MinuteOfWeek then = (now + minutes) % minutes_of_week;
    if (!is_open(windows, then)) return then;
  }
  return std::nullopt;
}

std::string moment_text(MinuteOfWeek then, MinuteOfWeek now) {
  const std::string minute = minute_text(then % minutes_of_day);
  if ((then - now + minutes_of_week) % minutes_of_week < minutes_of_day) return minute;
  return fmt::format("{} {}", names_of_days[static_cast<std::size_t>(then / minutes_of_day)], minute);
}

std::string why_closed(const std::vector<Window>& windows, MinuteOfWeek now) {
  return fmt::format("it is outside of `window` ({}), which opens at {} (local time)", windows_text(windows),
                     moment_text(next_opening(windows, now), now));
}

}  // namespace ingot
