#include "schema/text/utf8.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ingot::utf8_test {
namespace {

TEST(utf8, reads_the_first_and_last_character_of_each_length) {
  const struct {
    const char* text;
    std::uint32_t value;
    std::size_t length;
  } cases[]{{"A", 0x41, 1},
            {"\x7F", 0x7F, 1},
            {"\xC2\x80", 0x80, 2},
            {"\xDF\xBF", 0x7FF, 2},
            {"\xE0\xA0\x80", 0x800, 3},
            {"\xED\x9F\xBF", 0xD7FF, 3},
            {"\xEE\x80\x80", 0xE000, 3},
            {"\xEF\xBF\xBF", 0xFFFF, 3},
            {"\xF0\x90\x80\x80", 0x10000, 4},
            {"\xF4\x8F\xBF\xBF", 0x10FFFF, 4}};
  for (const auto& one : cases) {
    const Utf8Character character = first_character(std::string(one.text) + "x");
    EXPECT_EQ(character.value, one.value);
    EXPECT_EQ(character.length, one.length) << one.value;
    EXPECT_TRUE(is_utf8(one.text)) << one.value;
  }
  EXPECT_EQ(first_character(std::string_view("\0", 1)).length, 1U);
  EXPECT_TRUE(is_utf8(""));
}

TEST(utf8, refuses_cut_overlong_surrogate_and_too_high_sequences) {
  for (const char* bad :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2x", "\xE0\x9F\xBF", "\xE0\xA0", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x8F\xBF\xBF", "\xF0\x90\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x28\xA1"}) {
    EXPECT_EQ(first_character(bad).length, 0U);
    EXPECT_FALSE(is_utf8(std::string("good ") + bad));
  }
  EXPECT_EQ(first_character("").length, 0U);
}

}  // namespace
}  // namespace ingot::utf8_test
