#include "schema/code.hpp"

#include <gtest/gtest.h>

#include "schema/error.hpp"

namespace ingot::code_test {
namespace {

TEST(code, is_read_back_from_its_text) {
  std::size_t codes = 0;
  for (int i = 0;; ++i, ++codes) {
    const Code code = static_cast<Code>(i);
    EXPECT_EQ(parse_code(text_of(code)), code) << text_of(code);
    if (code == Code::wrong_server) break;
  }
  EXPECT_GT(codes, 100U);
  EXPECT_EQ(text_of(Code::no_space), "no-space");
  EXPECT_EQ(text_of(Code::new_), "new");
  EXPECT_EQ(text_of(Code::none), "");
}

TEST(code, beyond_the_last_has_no_text) {
  EXPECT_EQ(text_of(static_cast<Code>(static_cast<int>(Code::wrong_server) + 1)), "");
  EXPECT_EQ(text_of(static_cast<Code>(-1)), "");
}

TEST(fault, is_read_back_from_its_text) {
  for (int i = 0; i <= static_cast<int>(Fault::terminated); ++i) {
    const Fault fault = static_cast<Fault>(i);
    EXPECT_EQ(parse_fault(text_of(fault)), fault) << text_of(fault);
  }
  EXPECT_EQ(parse_fault("Local"), std::nullopt);
  EXPECT_EQ(parse_fault(""), std::nullopt);
}

TEST(code, of_no_known_word_is_none_at_all) {
  for (const char* text : {"no_space", "No-space", "no-spac", "no-space ", "zzz", "-"})
    EXPECT_EQ(parse_code(text), std::nullopt) << text;
}

TEST(code, of_an_error_is_what_it_says_or_else_its_fault) {
  Error error(Fault::local, "x");
  EXPECT_EQ(text_of_code(error), "local");
  EXPECT_EQ(text_of_code(error.with_code(Code::no_space)), "no-space");
}

}  // namespace
}  // namespace ingot::code_test
