#include "reconciler/show/format/short_text.hpp"

#include <gtest/gtest.h>

namespace ingot::short_text_test {
namespace {

using show::age_text;
using show::shortened;

TEST(age_text, takes_the_unit_that_leaves_at_least_two) {
  EXPECT_EQ(age_text(Seconds(-5)), "0 seconds");
  EXPECT_EQ(age_text(Seconds(1)), "1 second");
  EXPECT_EQ(age_text(Seconds(119)), "119 seconds");
  EXPECT_EQ(age_text(Seconds(120)), "2 minutes");
  EXPECT_EQ(age_text(Seconds(7199)), "119 minutes");
  EXPECT_EQ(age_text(Seconds(7200)), "2 hours");
  EXPECT_EQ(age_text(Seconds(172'799)), "47 hours");
  EXPECT_EQ(age_text(Seconds(172'800)), "2 days");
}

TEST(shortened, counts_characters_and_never_cuts_one) {
  EXPECT_EQ(shortened("", 3), "");
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "ab…");
  EXPECT_EQ(shortened("éèàç", 4), "éèàç");
  EXPECT_EQ(shortened("éèàçê", 4), "éèà…");
}

TEST(shortened, bytes_that_are_no_text_are_bounded_too) {
  EXPECT_EQ(shortened(std::string(1000, '\x80'), 5), "\\x80…");
  EXPECT_EQ(shortened("\x1b[1m", 40), "\\x1b[1m");
}

}  // namespace
}  // namespace ingot::short_text_test
