#include "schema/text/quantity.hpp"

#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace ingot {

namespace {

constexpr std::uint64_t largest_size = (std::uint64_t{1} << 63U) - 1;
constexpr std::int64_t longest_duration = std::int64_t{100} * 365 * 24 * 3600;

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 9> size_units{{
    {"B", 1},
    {"kB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
    {"TB", 1'000'000'000'000},
    {"KiB", std::uint64_t{1} << 10U},
    {"MiB", std::uint64_t{1} << 20U},
    {"GiB", std::uint64_t{1} << 30U},
    {"TiB", std::uint64_t{1} << 40U},
}};

constexpr std::array<std::pair<char, std::int64_t>, 4> duration_units{{{'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}}};

/// Digits as a number, all of `text`; nullopt if there is anything else.
std::optional<std::uint64_t> parse_whole(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int> digits_at(std::string_view text, std::size_t from, std::size_t count) {
  const auto value = parse_whole(text.substr(from, count));
  return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
}

}  // namespace

std::string time_text(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<Time> parse_time(std::string_view text) {
  static constexpr std::string_view shape = "dddd-dd-ddTdd:dd:ddZ";
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*digits_at(text, 0, 4)),
                                         std::chrono::month(static_cast<unsigned>(*digits_at(text, 5, 2))),
                                         std::chrono::day(static_cast<unsigned>(*digits_at(text, 8, 2)))};
  const int hour = *digits_at(text, 11, 2);
  const int minute = *digits_at(text, 14, 2);
  const int second = *digits_at(text, 17, 2);
  if (!date.ok() || static_cast<int>(date.year()) < 1970 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return Time(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) + Seconds(second);
}

std::optional<Time> parse_day(std::string_view text) { return parse_time(std::string(text) + "T00:00:00Z"); }

std::optional<Seconds> parse_duration(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto count = parse_whole(text.substr(0, text.size() - 1));
  if (!count || *count > static_cast<std::uint64_t>(longest_duration)) return std::nullopt;
  for (const auto& [unit, seconds] : duration_units) {
    if (unit != text.back()) continue;
    const auto value = static_cast<std::int64_t>(*count);
    return value <= longest_duration / seconds ? std::optional<Seconds>(value * seconds) : std::nullopt;
  }
  return std::nullopt;
}

std::string duration_text(Seconds duration) {
  for (const auto& [unit, seconds] : duration_units) {
    if (duration.count() % seconds == 0 && (duration.count() != 0 || unit == 's'))
      return fmt::format("{}{}", duration.count() / seconds, unit);
  }
  return fmt::format("{}s", duration.count());
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto digits = text.find_first_not_of("0123456789");
  const auto count = parse_whole(text.substr(0, digits));
  if (!count) return std::nullopt;
  if (digits == std::string_view::npos) return *count == 0 ? count : std::nullopt;
  std::string_view unit = text.substr(digits);
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const auto& [word, factor] : size_units) {
    if (word == unit) return *count <= largest_size / factor ? std::optional<std::uint64_t>(*count * factor) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_rate(std::string_view text) {
  static constexpr std::string_view per_second = "/s";
  if (!text.ends_with(per_second)) return std::nullopt;
  return parse_size(text.substr(0, text.size() - per_second.size()));
}

std::string size_text(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 5> units{"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 || value >= 99.95 ? fmt::format("{:.0f} {}", value, units[unit])
                                     : fmt::format("{:.1f} {}", value, units[unit]);
}

}  // namespace ingot
