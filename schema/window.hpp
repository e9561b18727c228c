// Stretches of the day in which something may be done, as "22:00-05:00" writes them; and when one opens or closes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

/// A minute of the day, local time of the server: 0-1439.
using MinuteOfDay = int;

/// The same stretch of every day. It crosses midnight if it closes before it opens.
struct Window {
  MinuteOfDay opens = 0;   ///< the first minute within
  MinuteOfDay closes = 0;  ///< the first minute that is not; never `opens`, unless the window is the whole day (0, 1440)
  bool operator==(const Window&) const = default;
};

/// "22:00-05:00": hours 00-23, minutes 00-59, and 24:00 as an end. nullopt: not such a text, or it opens and closes at once.
std::optional<Window> parse_window(std::string_view text);
std::string window_text(const Window& window);
/// "22:00-05:00, 12:00-13:00"
std::string windows_text(const std::vector<Window>& windows);
/// "05:00"
std::string minute_text(MinuteOfDay minute);

/// Whether one of them is open; without any there is no bound, so that it is always.
bool is_open(const std::vector<Window>& windows, MinuteOfDay now);
/// When the next one opens; there must be one.
MinuteOfDay next_opening(const std::vector<Window>& windows, MinuteOfDay now);
/// When it closes that is open now, with those that are open then; nullopt: never, as they fill the day.
std::optional<MinuteOfDay> next_closing(const std::vector<Window>& windows, MinuteOfDay now);

/// Why nothing may be fetched now, as a clause; one must be there and none open.
std::string why_closed(const std::vector<Window>& windows, MinuteOfDay now);

}  // namespace ingot
