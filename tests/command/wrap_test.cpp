// Lines for a terminal that is narrower than they are.
#include "reconciler/show/format/wrap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/show/format/style.hpp"

namespace ingot::wrap_test {
namespace {

using show::wrapped_line;

TEST(wrap, a_line_is_broken_between_words_and_what_follows_is_indented) {
  EXPECT_EQ(wrapped_line("one two three", 13), "one two three");
  EXPECT_EQ(wrapped_line("one two three", 12), "one two\n    three");
  EXPECT_EQ(wrapped_line("  + add    db19_24     from /stage/db19.24  the manifest declares it", 40),
            "  + add    db19_24     from\n      /stage/db19.24  the manifest\n      declares it");
  EXPECT_EQ(wrapped_line("", 12), "");
  EXPECT_EQ(wrapped_line("    ", 2), "");
}

TEST(wrap, a_word_that_is_too_wide_stays_whole) {
  EXPECT_EQ(wrapped_line("a sha256:0123456789abcdef b", 12), "a\n    sha256:0123456789abcdef\n    b");
}

TEST(wrap, colours_have_no_width_and_a_character_of_two_bytes_has_one) {
  const show::Style style(true);
  EXPECT_EQ(wrapped_line(style.red("one") + " two", 7), style.red("one") + " two");
  EXPECT_EQ(wrapped_line(style.red("one two"), 6), "\033[1;31mone\n   two\033[0m");
  EXPECT_EQ(wrapped_line("\xc3\xa9\xc3\xa9\xc3\xa9 \xc3\xa9", 5), "\xc3\xa9\xc3\xa9\xc3\xa9 \xc3\xa9");
}

TEST(wrap, text_in_pieces_is_wrapped_by_lines) {
  std::string got;
  show::LineWrapper wrapper([&](std::string_view text) { got += text; }, 8);
  for (const char* piece : {"one ", "two three\nfour", " five six\n", "x"}) wrapper.put(piece);
  wrapper.finish();
  EXPECT_EQ(got, "one two\n    three\nfour\n    five\n    six\nx");
  EXPECT_EQ(show::wrapped_text("one two three\n", 8), "one two\n    three\n");
}

}  // namespace
}  // namespace ingot::wrap_test
