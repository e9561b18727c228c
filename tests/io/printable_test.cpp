#include "reconciler/io/printable.hpp"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace ingot::printable_test {
namespace {

TEST(printable, keeps_ordinary_text) {
  for (const char* text : {"", "db19_25", "Größe 4 µs", "日本語", "🙂"}) EXPECT_EQ(io::printable(text), text);
}

TEST(printable, C8_escapes_never_reach_a_terminal) {
  EXPECT_EQ(io::printable("\x1b]0;owned\x07"), "\\x1b]0;owned\\x07");
  EXPECT_EQ(io::printable("a\nb\r\tc"), "a\\x0ab\\x0d\\x09c");
  EXPECT_EQ(io::printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(io::printable("\x7f"), "\\x7f");
  EXPECT_EQ(io::printable("\xc2\x9b"
                          "31m"),
            "\\xc2\\x9b31m");  // C1: CSI in one character
  EXPECT_EQ(io::printable("\xe2\x80\xae"
                          "gpj"),
            "\\xe2\\x80\\xaegpj");                              // right-to-left override
  EXPECT_EQ(io::printable("\xe2\x81\xa6"), "\\xe2\\x81\\xa6");  // isolate
  EXPECT_EQ(io::printable("\xe2\x80\xa8"), "\\xe2\\x80\\xa8");  // line separator
}

TEST(printable, shows_bad_utf8_byte_by_byte) {
  EXPECT_EQ(io::printable("\xff"), "\\xff");
  EXPECT_EQ(io::printable("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(io::printable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");           // overlong
  EXPECT_EQ(io::printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(io::printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // past U+10FFFF
  EXPECT_EQ(io::printable("\xe2\x82"), "\\xe2\\x82");                    // cut
  EXPECT_EQ(io::printable("a\xe2\x82z"), "a\\xe2\\x82z");
}

RC_GTEST_PROP(printable, leaves_no_control_byte_in_any_text_and_changes_nothing_twice, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  const std::string safe = io::printable(text);
  for (const char byte : safe) RC_ASSERT(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F);
  RC_ASSERT(io::printable(safe) == safe);
}

}  // namespace
}  // namespace ingot::printable_test
