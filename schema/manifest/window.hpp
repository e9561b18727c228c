// Stretches of the day in which something may be done, as "22:00-05:00" or "Sat,Sun 00:00-24:00" write them; and when one
// opens or closes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

/// A minute of the day, local time of the server: 0-1439.
using MinuteOfDay = int;
/// A minute of the week, local time of the server: 0 is Monday 00:00, 10079 Sunday 23:59.
using MinuteOfWeek = int;

/// The same stretch of some days of the week. It crosses midnight if it closes before it opens.
struct Window {
  static constexpr std::uint8_t every_day = 0x7F;
  MinuteOfDay opens = 0;          ///< the first minute within
  MinuteOfDay closes = 0;         ///< the first minute that is not; never `opens`, unless the window is the whole day (0, 1440)
  std::uint8_t days = every_day;  ///< on which it opens: bit 0 is Monday
  bool operator==(const Window&) const = default;
};

/// "22:00-05:00": hours 00-23, minutes 00-59, and 24:00 as an end; before it, with a blank between, days of the week such as
/// "Sat,Sun". nullopt: not such a text, it opens and closes at once, or it names a day twice.
std::optional<Window> parse_window(std::string_view text);
std::string window_text(const Window& window);
/// "22:00-05:00, 12:00-13:00"
std::string windows_text(const std::vector<Window>& windows);
/// "05:00"
std::string minute_text(MinuteOfDay minute);

/// Whether one of them is open; without any there is no bound, so that it is always.
bool is_open(const std::vector<Window>& windows, MinuteOfWeek now);
/// When the next one opens; there must be one, and none open.
MinuteOfWeek next_opening(const std::vector<Window>& windows, MinuteOfWeek now);
/// When it closes that is open now, with those that are open then; nullopt: never, as they fill the week.
std::optional<MinuteOfWeek> next_closing(const std::vector<Window>& windows, MinuteOfWeek now);
/// "22:00" if `then` comes within a day after `now`, else "Sat 22:00".
std::string moment_text(MinuteOfWeek then, MinuteOfWeek now);

/// Why nothing may be fetched now, as a clause; one must be there and none open.
std::string why_closed(const std::vector<Window>& windows, MinuteOfWeek now);

}  // namespace ingot
