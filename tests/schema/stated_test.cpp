// What a server says of its state: what is written is read, in one order only, and every key has its rule.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "tests/support/catalog_builder.hpp"

namespace ingot::stated_test {
namespace {

using testing::HasSubstr;
using testing_support::server_id;
using testing_support::some_stated;

/// Why it is malformed; "" if it is not.
std::string stated_fault(const std::string& text) {
  const auto parsed = parse_stated(text);
  const auto* malformed = std::get_if<Malformed>(&parsed);
  return malformed == nullptr ? "" : malformed->why;
}

/// The same of the example with `from` replaced by `to`.
std::string stated_fault(const std::string& from, const std::string& to) {
  std::string text = write_stated(some_stated());
  const auto found = text.find(from);
  EXPECT_NE(found, std::string::npos) << from;
  return stated_fault(text.replace(found, from.size(), to));
}

TEST(stated, reads_what_it_wrote) {
  EXPECT_EQ(parse_stated(write_stated(some_stated())), (std::variant<Stated, Malformed>(some_stated())));
  EXPECT_EQ(parse_stated(write_stated({})), (std::variant<Stated, Malformed>(Stated{})));
}

TEST(stated, is_written_as_the_format_page_says) {
  EXPECT_EQ(write_stated({}), "{\"format\":\"ingot.state/1\",\"copies_published\":false}\n");
  Stated one;
  one.images = {{.name = ImageName::of("b"),
                 .managed = true,
                 .protect = true,
                 .parent = ImageName::of("a"),
                 .parent_now = {},
                 .under_withdrawal = {},
                 .unwanted_since = {},
                 .rule = {}}};
  EXPECT_THAT(write_stated(one), HasSubstr("\n{\"image\":\"b\",\"managed\":true,\"protect\":true,\"parent\":\"a\"}\n"));
}

TEST(stated, has_one_order) {
  const std::string first = "{\"format\":\"ingot.state/1\",\"copies_published\":false}\n";
  const std::string a = "{\"imagetype\":\"A\",\"base\":\"SOFTWARE\",\"managed\":true}\n",
                    b = "{\"imagetype\":\"B\",\"base\":\"SOFTWARE\",\"managed\":true}\n";
  const std::string series = "{\"series\":\"A\",\"managed\":true}\n";
  EXPECT_EQ(stated_fault(first + a + b + series), "");
  EXPECT_EQ(stated_fault(first + b + a), "line 3: \"imagetype\" is out of order, or there twice");
  EXPECT_EQ(stated_fault(first + a + a), "line 3: \"imagetype\" is out of order, or there twice");
  EXPECT_EQ(stated_fault(first + series + a), "line 3: \"imagetype\" is out of order, or there twice");
  EXPECT_EQ(stated_fault(first + "{\"other\":1}\n"), "line 2: is neither a peer nor a subscription, imagetype, image or series");
}

TEST(stated, refuses_what_is_not_as_it_should_be) {
  EXPECT_THAT(stated_fault("ingot.state/1", "ingot.state/2"), HasSubstr("newer ingot"));
  EXPECT_THAT(stated_fault("\"copies_published\":true", "\"copies_published\":1"), HasSubstr("copies_published"));
  EXPECT_THAT(stated_fault("\"subscription\":\"all\",\"value\":\"\"", "\"subscription\":\"all\",\"value\":\"x\""),
              HasSubstr("is no selector"));
  EXPECT_THAT(stated_fault("\"baseline\":4", "\"baseline\":-4"), HasSubstr("line 4"));
  EXPECT_THAT(stated_fault("\"urls\":[", "\"urls\":[7,"), HasSubstr("holds something that is not a text"));
  EXPECT_THAT(stated_fault("\"id\":\"" + server_id("two").text(), "\"id\":\"sha256:12"), HasSubstr("\"id\""));
  EXPECT_THAT(stated_fault("\"image\":\"a\"", "\"image\":\"../a\""), HasSubstr("is not a name"));
  EXPECT_THAT(stated_fault("\"under_withdrawal\":\"TESTABLE\"", "\"under_withdrawal\":\"BROKEN\""),
              HasSubstr("under_withdrawal"));
  EXPECT_THAT(stated_fault("\"unwanted_since\":\"2026", "\"unwanted_since\":\"x026"), HasSubstr("is not a time"));
  EXPECT_THAT(stated_fault("\"protect\":false", "\"critical\":[\"new\"],\"new\":1,\"protect\":false"), HasSubstr("new"));
  EXPECT_EQ(stated_fault("\"protect\":false", "\"new\":1,\"protect\":false"), "") << "what is not known is ignored";
  EXPECT_THAT(stated_fault(""), HasSubstr("is empty"));
  EXPECT_THAT(stated_fault("{"), HasSubstr("cut off"));
}

TEST(stated, the_address_of_a_rule_is_short) {
  const std::string rule = "\"rule\":\"subscription.fpps-2.all\"";
  const auto with_rule = [&](std::size_t length) { return stated_fault(rule, "\"rule\":\"" + std::string(length, 'x') + "\""); };
  EXPECT_EQ(with_rule(longest_stated_rule), "");
  EXPECT_EQ(with_rule(longest_stated_rule + 1), "line 4: \"rule\" is longer than 512 bytes");
  Stated stated = some_stated();
  stated.images.back().rule = std::string(longest_stated_rule + 1, 'x');
  EXPECT_THAT(stated_fault(write_stated(stated)), HasSubstr("\"rule\" is longer than 512 bytes"));
}

TEST(stated, a_text_that_no_reader_would_take_is_not_written) {
  Stated one = some_stated();
  one.subscriptions[0].options = std::string(longest_stated_text, 'x');
  EXPECT_EQ(parse_stated(write_stated(one)), (std::variant<Stated, Malformed>(one)));
  one.subscriptions[0].options += 'x';
  EXPECT_THROW(write_stated(one), std::length_error);
}

}  // namespace
}  // namespace ingot::stated_test
