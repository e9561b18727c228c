#include "reconciler/show/format/json_writer.hpp"

#include <gtest/gtest.h>

namespace ingot::json_writer_test {
namespace {

std::string json_string(std::string_view text) {
  return show::shown([&](show::Output& out) { show::put_json_string(out, text); });
}

TEST(json_string, escapes_what_json_and_terminals_do_not_take) {
  EXPECT_EQ(json_string("plain"), "\"plain\"");
  EXPECT_EQ(json_string("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(json_string("\n\t\r\x01\x7f\x1b[31m"), "\"\\n\\t\\r\\u0001\\u007f\\u001b[31m\"");
  EXPECT_EQ(json_string("\xc2\x9b"), "\"\\u009b\"") << "C1 controls are obeyed by terminals";
  EXPECT_EQ(json_string("Zürich 金 🏅"), "\"Zürich 金 🏅\"");
}

TEST(json_string, bad_utf8_becomes_a_replacement_character) {
  EXPECT_EQ(json_string("a\xff"
                        "b"),
            "\"a\\ufffdb\"");
  EXPECT_EQ(json_string("\xc0\xaf"), "\"\\ufffd\\ufffd\"") << "overlong";
  EXPECT_EQ(json_string("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"") << "a surrogate";
  EXPECT_EQ(json_string("\xe4\xb8"), "\"\\ufffd\\ufffd\"") << "cut short";
  EXPECT_EQ(json_string("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"") << "past U+10FFFF";
}

TEST(json_writer, puts_commas_and_lines_where_they_belong) {
  const auto write = [](show::Layout layout) {
    return show::shown([&](show::Output& out) {
      show::JsonWriter json(out, layout);
      json.begin_object();
      json.member("a", 1);
      json.member("b", true);
      json.member("none", std::optional<std::uint64_t>());
      json.member_or_null("text", "");
      json.key("list");
      json.begin_lines();
      for (const int i : {1, 2}) {
        json.begin_object();
        json.member("i", i);
        json.end_object();
      }
      json.end_array();
      json.key("empty");
      json.begin_lines();
      json.end_array();
      json.key("flat");
      json.begin_array();
      json.value("x");
      json.value(-5);
      json.end_array();
      json.end_object();
      json.finish();
    });
  };
  EXPECT_EQ(
      write(show::Layout::lines),
      "{\"a\":1,\"b\":true,\"none\":null,\"text\":null,\"list\":[\n{\"i\":1},\n{\"i\":2}\n],\"empty\":[],\"flat\":[\"x\",-5]}\n");
  EXPECT_EQ(write(show::Layout::one_line),
            "{\"a\":1,\"b\":true,\"none\":null,\"text\":null,\"list\":[{\"i\":1},{\"i\":2}],\"empty\":[],\"flat\":[\"x\",-5]}\n");
}

TEST(output, hands_on_large_texts_in_pieces_and_loses_nothing) {
  std::string all;
  std::size_t pieces = 0;
  show::Output out([&](std::string_view piece) {
    all += piece;
    ++pieces;
  });
  for (int i = 0; i < 50'000; ++i) out.print("{} line\n", i);
  out.flush();
  EXPECT_GT(pieces, 3U);
  EXPECT_LT(pieces, 50U);
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 50'000);
}

}  // namespace
}  // namespace ingot::json_writer_test
