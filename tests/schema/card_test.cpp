#include "schema/catalog/card.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/schema/map_files.hpp"

namespace ingot::card_test {
namespace {

const std::string good =
    "card = 1\nname = \"fpps-2\"\nurl = \"https://gold.example.net\"\nroot = "
    "\"sha256:2222222222222222222222222222222222222222222222222222222222222222\"\n";

std::string problems_of_card(const std::string& text) {
  const auto parsed = parse_card(text, "c.toml");
  return std::holds_alternative<Problems>(parsed) ? test::lines_of(std::get<Problems>(parsed)) : "";
}

std::string with(std::string text, const std::string& what, const std::string& instead) {
  return text.replace(text.find(what), what.size(), instead);
}

TEST(card, names_a_server_its_address_and_its_root) {
  const auto parsed = parse_card(good, "c.toml");
  ASSERT_TRUE(std::holds_alternative<Card>(parsed)) << problems_of_card(good);
  EXPECT_EQ(std::get<Card>(parsed), (Card{.name = ServerName::of("fpps-2"),
                                          .url = "https://gold.example.net/",
                                          .id = {*Digest::parse_hex(std::string(64, '2'))}}));
}

TEST(card, is_refused_with_all_its_problems) {
  EXPECT_EQ(problems_of_card(""),
            "c.toml:1:1: the card has no \"card\"; add card = 1\n"
            "c.toml:1:1: the card has no \"name\"; add name = \"fpps-2\"\n"
            "c.toml:1:1: the card has no \"url\"; add url = \"https://gold.example.net/\"\n"
            "c.toml:1:1: the card has no \"root\"; add root = \"sha256:<64 hex digits>\"\n");
  EXPECT_EQ(problems_of_card(with(good, "card = 1", "card = 2")),
            "c.toml:1:8: \"card\" is 2, but must be from 1 to 1; write for example card = 1\n");
  EXPECT_EQ(problems_of_card(good + "threshold = 1\n"),
            "c.toml:5:1: unknown key \"threshold\" in the card; known are \"card\", \"name\", \"url\", \"root\"\n");
  EXPECT_NE(problems_of_card(with(good, "fpps-2", "fpps.2")), "");
  EXPECT_NE(problems_of_card(with(good, "222\"", "22\"")), "");
  EXPECT_NE(problems_of_card(with(good, "sha256:2222", "sha256:AAAA")), "");
  EXPECT_NE(problems_of_card("<html><body>404 Not Found</body></html>"), "");
  EXPECT_NE(problems_of_card("{\"payload\":\"e30=\"}"), "");
}

TEST(card, never_shows_a_password) {
  const std::string problems = problems_of_card(with(good, "https://", "https://user:do-not-show-me@"));
  EXPECT_NE(problems.find("a user name or a password"), std::string::npos);
  EXPECT_EQ(problems.find("do-not-show-me"), std::string::npos);
}

TEST(card, is_at_most_64_KiB) {
  const std::string padding(largest_card - good.size(), '#');
  EXPECT_EQ(problems_of_card(good + padding), "");
  EXPECT_EQ(problems_of_card(good + padding + "#"),
            "c.toml: the file is larger than 65.5 kB; check that it is the right file; a manifest can be split with include\n");
}

RC_GTEST_PROP(card, is_read_back_as_it_was_written, ()) {
  const auto word = *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcXYZ019_"))));
  const auto byte = static_cast<std::uint8_t>(*rc::gen::inRange(0, 256));
  Card card{.name = ServerName::of(word.substr(0, longest_name)), .url = "https://" + word + ".example.net/x/", .id = {}};
  card.id.root.bytes.fill(byte);
  const auto parsed = parse_card(write_card(card), "c.toml");
  RC_ASSERT(std::holds_alternative<Card>(parsed));
  RC_ASSERT(std::get<Card>(parsed) == card);
}

TEST(card, says_what_it_is_for) {
  EXPECT_TRUE(
      write_card({.name = ServerName::of("a"), .url = "https://a/", .id = {}}).starts_with("# The card of the server a."));
}

}  // namespace
}  // namespace ingot::card_test
