// Sizes, rates, times and durations as the manifest and JSON write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingot {

/// A moment, UTC, whole seconds.
using Time = std::chrono::sys_seconds;
using Seconds = std::chrono::seconds;

/// "2026-11-23T02:00:00Z"; only this form (RFC 3339, UTC, whole seconds), years 1970-9999.
std::string time_text(Time time);
std::optional<Time> parse_time(std::string_view text);
/// "2027-01-31": the first second of that day, UTC.
std::optional<Time> parse_day(std::string_view text);

/// "90s", "50m", "12h", "14d": whole numbers, at most 100 years.
std::optional<Seconds> parse_duration(std::string_view text);
std::string duration_text(Seconds duration);

/// "500 GB", "64 MiB", "0": kB MB GB TB (10^3n), KiB MiB GiB TiB (2^10n), B; bytes, below 2^63.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// "200 MB/s": bytes per second.
std::optional<std::uint64_t> parse_rate(std::string_view text);
/// For people: "4.1 GB", "212 MB", "980 B".
std::string size_text(std::uint64_t bytes);

}  // namespace ingot
