#include "schema/names.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace ingot::names_test {
namespace {

TEST(names, are_1_to_128_of_the_allowed_characters) {
  for (const std::string& good : {std::string("a"), std::string("db19_24"), std::string("A.b-c_9"), std::string("_x"),
                                  std::string("9"), std::string(longest_name, 'x')}) {
    EXPECT_EQ(why_not_a_name(good, true), std::nullopt) << good;
    EXPECT_EQ(ImageName::of(good).text(), good);
  }
  for (const std::string& bad : {std::string(), std::string(longest_name + 1, 'x'), std::string(".x"), std::string("-x"),
                                 std::string("a b"), std::string("a/b"), std::string("ä"), std::string("a\0b", 3),
                                 std::string("a\n"), std::string(".."), std::string("a:b")}) {
    EXPECT_TRUE(why_not_a_name(bad, true)) << bad;
    EXPECT_FALSE(ImageName::parse(bad)) << bad;
    EXPECT_THROW(ImageName::of(bad), std::invalid_argument);
  }
}

TEST(names, of_servers_hold_no_dot) {
  EXPECT_TRUE(ServerName::parse("fpps-1"));
  EXPECT_FALSE(ServerName::parse("fpps.1"));
  EXPECT_TRUE(SeriesName::parse("db.19"));
  EXPECT_TRUE(TypeName::parse("DB.PSU"));
}

TEST(names, say_what_is_wrong_with_them) {
  EXPECT_EQ(why_not_a_name("", true), "is empty");
  EXPECT_EQ(why_not_a_name("-x", true), "must not start with \"-\"");
  EXPECT_EQ(why_not_a_name("a.b", false), "must not hold a \".\" (names of servers, peers and exports)");
}

TEST(names, differ_by_case_and_can_be_folded) {
  EXPECT_NE(ImageName::of("DB19"), ImageName::of("db19"));
  EXPECT_EQ(ImageName::of("DB19").folded(), ImageName::of("db19").folded());
  EXPECT_EQ(fold_case("ÄB"), "Äb") << "only A-Z is folded, whatever the locale";
}

RC_GTEST_PROP(names, exist_only_if_they_are_valid, (const std::string& text)) {
  RC_ASSERT(ImageName::parse(text).has_value() == !why_not_a_name(text, true));
  RC_ASSERT(ServerName::parse(text).has_value() == !why_not_a_name(text, false));
}

}  // namespace
}  // namespace ingot::names_test
