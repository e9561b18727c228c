// The strict JSON reader (C6-C9): what is refused, whatever document it stands in.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <nlohmann/json.hpp>

#include "schema/text/strict_json.hpp"
#include "schema/text/text.hpp"

namespace ingot::catalog_json_test {
namespace {

/// Why the document is refused; "" if it is not.
std::string refusal(std::string_view document, std::size_t longest = 64) {
  StrictJson json(longest);
  try {
    (void)json.parse(document);
    return "";
  } catch (const Refusal& refusal) { return refusal.why; }
}

std::string nested(int depth, const std::string& open, const std::string& close) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += open;
  text += "1";
  for (int i = 0; i < depth; ++i) text += close;
  return text;
}

TEST(strict_json, takes_a_plain_document) {
  EXPECT_EQ(refusal(R"({"a":[1,0,9007199254740991],"b":{"c":null,"d":true},"e":"text","":{}})"), "");
}

TEST(strict_json, C6_takes_16_levels_and_refuses_17) {
  EXPECT_EQ(refusal(nested(16, "[", "]")), "");
  EXPECT_EQ(refusal(nested(17, "[", "]")), "is nested deeper than 16 levels");
  EXPECT_EQ(refusal(nested(16, "{\"a\":", "}")), "");
  EXPECT_EQ(refusal(nested(17, "{\"a\":", "}")), "is nested deeper than 16 levels");
}

TEST(strict_json, C6_survives_a_hundred_thousand_levels) {
  EXPECT_NE(refusal(std::string(100'000, '[')), "");
  EXPECT_NE(refusal(nested(100'000, "[", "]")), "");
  EXPECT_NE(refusal(nested(100'000, "{\"a\":", "}")), "");
}

TEST(strict_json, C7_refuses_a_key_twice_at_every_level) {
  EXPECT_EQ(refusal(R"({"serial":1,"serial":9})"), "\"serial\" stands there twice");
  EXPECT_EQ(refusal(R"({"a":{"b":[{"serial":1,"x":2,"serial":1}]}})"), "\"serial\" stands there twice");
  EXPECT_EQ(refusal(R"([{"a":1},{"a":1}])"), "");
  EXPECT_EQ(refusal(R"({"a":{"a":{"a":1}}})"), "");
}

TEST(strict_json, C7_refuses_a_key_twice_after_unescaping) {
  EXPECT_EQ(refusal(R"({"serial":1,"seri\u0061l":9})"), "\"serial\" stands there twice");
  EXPECT_EQ(refusal(R"({"":1,"":2})"), "\"\" stands there twice");
}

TEST(strict_json, C7_finds_the_one_double_among_many_keys) {
  for (const int count : {5, 79, 80, 81, 82, 500}) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += "\"k" + std::to_string(i) + "\":{\"k0\":1},";
    EXPECT_EQ(refusal(text + "\"last\":1}"), "") << count;
    EXPECT_EQ(refusal(text + "\"k3\":1}"), "\"k3\" stands there twice") << count;
  }
}

TEST(strict_json, C8_refuses_a_byte_order_mark) { EXPECT_EQ(refusal("\xEF\xBB\xBF{}"), "starts with a byte order mark"); }

TEST(strict_json, C8_refuses_bytes_that_are_not_utf8) {
  for (const std::string bad : {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "\x80", "\xE2\x82"}) {
    EXPECT_NE(refusal("{\"a\":\"" + bad + "\"}"), "") << bad;
    EXPECT_NE(refusal("{\"" + bad + "\":1}"), "") << bad;
    EXPECT_TRUE(why_not_a_text(bad, 64)) << bad;
  }
}

TEST(strict_json, C8_knows_every_single_byte_in_a_text) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text{'x', static_cast<char>(byte), 'y'};
    const bool plain = byte >= 0x20 && byte < 0x7F;
    EXPECT_EQ(!why_not_a_text(text, 64), plain) << byte;
    EXPECT_EQ(is_text(text, 64), plain) << byte;
    const bool fits_raw = plain && byte != '"' && byte != '\\';
    EXPECT_EQ(refusal("{\"a\":\"" + text + "\"}").empty(), fits_raw) << byte;
  }
}

TEST(strict_json, C8_refuses_escaped_control_characters_and_lone_surrogates) {
  for (const std::string escape : {"\\u0000", "\\n", "\\u001b", "\\u007f", "\\u0085", "\\ud800", "\\udc00", "\\ud800\\u0041"}) {
    EXPECT_NE(refusal("{\"a\":\"" + escape + "\"}"), "") << escape;
  }
  EXPECT_EQ(refusal(R"({"a":"\ud83d\ude00 \u00e4 \/ \" \\"})"), "");
}

TEST(strict_json, C9_takes_whole_numbers_up_to_2_to_the_53_only) {
  for (const std::string good : {"0", "1", "2147483648", "4294967296", "9007199254740991"})
    EXPECT_EQ(refusal("[" + good + "]"), "") << good;
  for (const std::string bad : {"-1", "9007199254740992", "9007199254740993", "9223372036854775808", "18446744073709551615",
                                "18446744073709551616", "1.0", "1e3", "1E0", "0.5", "-9007199254740991",
                                "123456789012345678901234567890", "01", "+1", "0x10", "1e400", "NaN", "Infinity", "-"}) {
    EXPECT_NE(refusal("[" + bad + "]"), "") << bad;
    EXPECT_NE(refusal("{\"unknown\":{\"size\":" + bad + "}}"), "") << bad;
  }
}

TEST(strict_json, refuses_texts_and_keys_that_are_too_long) {
  const std::string fits(64, 'x');
  EXPECT_EQ(refusal("{\"a\":\"" + fits + "\"}"), "");
  EXPECT_EQ(refusal("{\"a\":\"" + fits + "x\"}"), "the text of \"a\" is 65 bytes long, more than 64");
  EXPECT_NE(refusal("{\"" + fits + "x\":1}"), "");
}

TEST(strict_json, refuses_what_is_not_json) {
  for (const std::string bad : {"", " ", "{", "}", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{\"a\":tru}", "{} {}", "{}x", "'a'",
                                "<html>", "{\"a\":1}}", "nul", "[1 2]", "\"open", "{a:1}", "//c\n{}"}) {
    EXPECT_NE(refusal(bad), "") << bad;
  }
}

TEST(strict_json, shows_what_a_peer_sent_only_escaped_and_shortened) {
  EXPECT_EQ(excerpt("plain"), "\"plain\"");
  EXPECT_EQ(excerpt("\x1B]0;owned\x07"), "\"\\x1B]0;owned\\x07\"");
  EXPECT_EQ(excerpt("quote\" back\\"), "\"quote\\x22 back\\x5C\"");
  EXPECT_EQ(excerpt("\xFF\xC3\xA4\xC2\x85"), "\"\\xFF\xC3\xA4\\xC2\\x85\"");
  EXPECT_EQ(excerpt(std::string(61, 'x')), "\"" + std::string(60, 'x') + "\"…");
  const std::string why = refusal("{\"\\u001b[31m\":1,\"\\u001b[31m\":1}");
  EXPECT_EQ(why.find('\x1B'), std::string::npos) << why;
}

nlohmann::json tree_of(const std::vector<JsonNode>& nodes, std::uint32_t at) {
  const JsonNode& node = nodes[at];
  switch (node.kind) {
    case JsonKind::null: return nullptr;
    case JsonKind::boolean: return node.number != 0;
    case JsonKind::number: return node.number;
    case JsonKind::text: return std::string(node.text);
    case JsonKind::list: {
      auto list = nlohmann::json::array();
      for (std::uint32_t i = at + 1; i < node.end; i = nodes[i].end) list.push_back(tree_of(nodes, i));
      return list;
    }
    case JsonKind::object: break;
  }
  auto object = nlohmann::json::object();
  for (std::uint32_t i = at + 1; i < node.end; i = nodes[i].end) object[std::string(nodes[i].key)] = tree_of(nodes, i);
  return object;
}

/// Documents that are nearly JSON: joined pieces of it.
rc::Gen<std::string> nearly_json() {
  const auto piece =
      rc::gen::element<std::string>("{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"\\u0061\"", "1", "0", "-1", "2.5", "null",
                                    "true", "\"\xC3\xA4\"", " ", "\"a\":1", "{\"a\":[1,2]}", "\"c\":{}", "-0", "1e2");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const std::vector<std::string>& pieces) {
    std::string text;
    for (const auto& each : pieces) text += each;
    return text;
  });
}

RC_GTEST_PROP(strict_json, accepts_only_what_another_parser_accepts_with_the_same_meaning, ()) {
  const std::string document = "{\"z\":[" + *nearly_json() + "]}";
  StrictJson json(64);
  try {
    const auto& nodes = json.parse(document);
    const auto other = nlohmann::json::parse(document, nullptr, false);
    RC_ASSERT(!other.is_discarded());
    RC_ASSERT(other == tree_of(nodes, 0));
    RC_TAG("accepted");
  } catch (const Refusal&) { RC_TAG("refused"); }
}

}  // namespace
}  // namespace ingot::catalog_json_test
