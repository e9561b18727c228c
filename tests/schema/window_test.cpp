#include "schema/manifest/window.hpp"

#include <gtest/gtest.h>

namespace ingot::window_test {
namespace {

constexpr MinuteOfDay at(int hour, int minute = 0) { return hour * 60 + minute; }

std::vector<Window> windows(const std::vector<std::string>& texts) {
  std::vector<Window> all;
  for (const auto& text : texts) all.push_back(parse_window(text).value());
  return all;
}

TEST(window, is_written_as_two_times_of_the_day) {
  EXPECT_EQ(parse_window("22:00-05:00"), (Window{.opens = at(22), .closes = at(5)}));
  EXPECT_EQ(parse_window("12:30-24:00"), (Window{.opens = at(12, 30), .closes = at(24)}));
  EXPECT_EQ(parse_window("00:00-24:00"), (Window{.opens = 0, .closes = at(24)}));
  EXPECT_EQ(window_text(*parse_window("22:05-05:00")), "22:05-05:00");
  for (const char* text : {"", "22-05", "22:00", "22:00-22:00", "24:00-05:00", "22:00-24:01", "22:60-23:00", "2:00-05:00",
                           "22:00 - 05:00", "22:00-05:00 ", "22:0x-05:00", "-1:00-05:00"}) {
    EXPECT_EQ(parse_window(text), std::nullopt) << text;
  }
}

TEST(window, may_cross_midnight) {
  const auto night = windows({"22:00-05:00"});
  EXPECT_FALSE(is_open(night, at(21, 59)));
  EXPECT_TRUE(is_open(night, at(22)));
  EXPECT_TRUE(is_open(night, at(23, 59)));
  EXPECT_TRUE(is_open(night, 0));
  EXPECT_TRUE(is_open(night, at(4, 59)));
  EXPECT_FALSE(is_open(night, at(5)));
}

TEST(window, at_midnight_begins_and_ends_a_day) {
  EXPECT_TRUE(is_open(windows({"22:00-24:00"}), at(23, 59)));
  EXPECT_FALSE(is_open(windows({"22:00-24:00"}), 0));
  EXPECT_FALSE(is_open(windows({"22:00-00:00"}), 0));
  EXPECT_TRUE(is_open(windows({"00:00-24:00"}), at(13)));
}

TEST(window, of_none_leaves_all_of_the_day) { EXPECT_TRUE(is_open({}, at(13))); }

TEST(window, opens_next_whichever_comes_first) {
  const auto both = windows({"22:00-05:00", "12:00-13:00"});
  EXPECT_EQ(next_opening(both, at(6)), at(12));
  EXPECT_EQ(next_opening(both, at(13)), at(22));
  EXPECT_EQ(next_opening(windows({"06:00-07:00"}), at(8)), at(24 + 6)) << "on the next day";
  EXPECT_EQ(why_closed(both, at(13)), "it is outside of `window` (22:00-05:00, 12:00-13:00), which opens at 22:00 (local time)");
}

TEST(window, closes_when_none_is_open_any_more) {
  EXPECT_EQ(next_closing(windows({"22:00-05:00"}), at(23)), at(24 + 5));
  EXPECT_EQ(next_closing(windows({"22:00-01:00", "00:30-05:00"}), at(23)), at(24 + 5)) << "one takes over from the other";
  EXPECT_EQ(next_closing(windows({"00:00-24:00"}), at(23)), std::nullopt);
  EXPECT_EQ(next_closing(windows({"00:00-12:00", "12:00-00:00"}), at(23)), std::nullopt);
}

constexpr MinuteOfWeek on(int day, int hour, int minute = 0) { return day * 24 * 60 + at(hour, minute); }
constexpr int monday = 0, friday = 4, saturday = 5, sunday = 6;

TEST(window, opens_on_the_days_that_stand_before_it) {
  const auto weekend = windows({"Sat,Sun 22:00-05:00"});
  EXPECT_EQ(weekend.front(), (Window{.opens = at(22), .closes = at(5), .days = 0x60}));
  EXPECT_EQ(window_text(weekend.front()), "Sat,Sun 22:00-05:00");
  EXPECT_FALSE(is_open(weekend, on(friday, 23)));
  EXPECT_FALSE(is_open(weekend, on(saturday, 4))) << "it is Friday's night";
  EXPECT_TRUE(is_open(weekend, on(saturday, 22)));
  EXPECT_TRUE(is_open(weekend, on(sunday, 4, 59)));
  EXPECT_TRUE(is_open(weekend, on(monday, 4))) << "it is Sunday's night";
  EXPECT_FALSE(is_open(weekend, on(monday, 22)));
  EXPECT_EQ(next_closing(weekend, on(sunday, 23)), on(monday, 5));
  EXPECT_EQ(why_closed(weekend, on(monday, 6)),
            "it is outside of `window` (Sat,Sun 22:00-05:00), which opens at Sat 22:00 (local time)");
  for (const char* text : {"Sat 22:00", "sat 22:00-05:00", "Sat,Sat 22:00-05:00", "Sat, Sun 22:00-05:00", "Sat,22:00-05:00",
                           " 22:00-05:00", "Sat  22:00-05:00", ",Sat 22:00-05:00"})
    EXPECT_EQ(parse_window(text), std::nullopt) << text;
}

}  // namespace
}  // namespace ingot::window_test
