// Head and index: what is written is read, and every key has its rule.
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "tests/support/catalog_builder.hpp"

namespace ingot::catalog_head_test {
namespace {

using testing_support::server_id;

Time at(std::string_view text) { return parse_time(text).value(); }

Head some_head() {
  return {.id = server_id("one"),
          .name = ServerName::of("fpps-1"),
          .epoch = 1,
          .serial = 7,
          .issued = at("2026-11-23T02:00:00Z"),
          .expires = at("2026-12-07T02:00:00Z"),
          .root_version = 1,
          .index = {.digest = io::sha256("index"), .length = 100},
          .previous = {}};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t found = text.find(from);
  EXPECT_NE(found, std::string::npos) << from << " is not in " << text;
  return found == std::string::npos ? text : text.replace(found, from.size(), to);
}

/// Why a head whose text has `from` replaced by `to` is malformed; "" if it is not.
std::string fault(const std::string& from, const std::string& to) {
  const auto parsed = parse_head(replaced(write_head(some_head()), from, to));
  const auto* malformed = std::get_if<Malformed>(&parsed);
  return malformed == nullptr ? "" : malformed->why;
}

TEST(head, reads_what_it_wrote) {
  Head head = some_head();
  EXPECT_EQ(parse_head(write_head(head)), (std::variant<Head, Malformed>(head)));
  head.previous = io::sha256("before");
  head.serial = largest_serial;
  head.epoch = 3;
  head.root_version = 4;
  head.index.length = largest_index;
  head.state = Piece{.digest = io::sha256("state"), .length = largest_stated};
  head.commit = "c0ffee-dirty";
  EXPECT_EQ(parse_head(write_head(head)), (std::variant<Head, Malformed>(head)));
}

TEST(head, is_written_as_the_format_page_says) {
  EXPECT_EQ(write_head(some_head()), "{\"format\":\"ingot.head/1\",\"server\":{\"name\":\"fpps-1\",\"id\":\"" +
                                         server_id("one").text() +
                                         "\"},\"epoch\":1,\"serial\":7,\"issued\":\"2026-11-23T02:00:00Z\",\"expires\":\"2026-12-"
                                         "07T02:00:00Z\",\"root\":{\"version\":1},"
                                         "\"index\":{\"digest\":\"" +
                                         io::sha256("index").text() + "\",\"length\":100},\"previous\":null}\n");
}

TEST(head, C9_A10_refuses_odd_numbers) {
  for (const std::string bad :
       {"-1", "0", "1.5", "1e3", "\"7\"", "9007199254740992", "18446744073709551616", "null", "true", "[7]"}) {
    EXPECT_NE(fault("\"serial\":7", "\"serial\":" + bad), "") << bad;
    EXPECT_NE(fault("\"epoch\":1", "\"epoch\":" + bad), "") << bad;
    EXPECT_NE(fault("\"version\":1", "\"version\":" + bad), "") << bad;
    EXPECT_NE(fault("\"length\":100", "\"length\":" + bad), "") << bad;
  }
  EXPECT_EQ(fault("\"serial\":7", "\"serial\":9007199254740991"), "");
  EXPECT_EQ(fault("\"length\":100", "\"length\":8388608"), "");
  EXPECT_EQ(fault("\"length\":100", "\"length\":8388609"), "\"index.length\" is 8388609, more than 8388608");
}

TEST(head, names_the_key_that_is_missing) {
  EXPECT_EQ(fault("\"serial\":7,", ""), "\"serial\" is missing");
  EXPECT_EQ(fault("\"server\":{", "\"other\":{"), "\"server\" is missing");
  EXPECT_EQ(fault("\"version\":1", ""), "\"root.version\" is missing");
  EXPECT_EQ(fault("\"expires\":\"2026-12-07T02:00:00Z\",", ""), "\"expires\" is missing");
  EXPECT_EQ(fault(",\"previous\":null", ""), "");
}

TEST(head, C7_refuses_a_second_serial) {
  EXPECT_EQ(fault("\"serial\":7", "\"serial\":7,\"seri\\u0061l\":9"), "\"serial\" stands there twice");
}

TEST(head, C1_refuses_names_and_digests_that_are_none) {
  for (const std::string bad : {"..", ".", "", "/etc/x", "a/../b", "a//b", "%2e%2e", "..\\\\x", "C:x", "a\\u0000", "a\\n", "-rf",
                                ".git", "a.b", "a ", "\\u202eab"}) {
    EXPECT_NE(fault("\"name\":\"fpps-1\"", "\"name\":\"" + bad + "\""), "") << bad;
  }
  EXPECT_NE(fault("\"name\":\"fpps-1\"", "\"name\":\"" + std::string(129, 'a') + "\""), "");
  EXPECT_EQ(fault("\"name\":\"fpps-1\"", "\"name\":\"" + std::string(128, 'a') + "\""), "");
  const std::string digest = io::sha256("index").text();
  for (const std::string& bad :
       {digest + "0", digest.substr(0, 70), std::string("sha256:%"), "sha512:" + io::sha256("x").hex(), std::string(""),
        "SHA256:" + io::sha256("x").hex(), "sha256:A" + io::sha256("x").hex().substr(1)}) {
    EXPECT_EQ(fault(digest, bad), "\"index.digest\" is not \"sha256:\" and 64 of 0-9a-f") << bad;
  }
}

TEST(head, refuses_times_that_are_none_or_in_the_wrong_order) {
  for (const std::string bad : {"2026-11-23", "2026-11-23T02:00:00", "2026-11-23T02:00:00.5Z", "2026-11-23T02:00:00+01:00",
                                "2026-02-30T00:00:00Z", "2026-11-23T25:00:00Z", "1969-12-31T23:59:59Z", ""}) {
    EXPECT_NE(fault("2026-11-23T02:00:00Z", bad), "") << bad;
  }
  EXPECT_EQ(fault("2026-12-07T02:00:00Z", "2026-11-23T01:59:59Z"), "\"expires\" is before \"issued\"");
}

TEST(head, C11_ignores_unknown_keys_unless_they_are_critical) {
  EXPECT_EQ(fault("\"epoch\":1", "\"epoch\":1,\"novelty\":{\"a\":[1]}"), "");
  EXPECT_EQ(fault("\"epoch\":1", "\"epoch\":1,\"critical\":[\"epoch\"]"), "");
  EXPECT_EQ(fault("\"epoch\":1", "\"epoch\":1,\"critical\":[]"), "");
  EXPECT_EQ(fault("\"epoch\":1", "\"epoch\":1,\"novelty\":1,\"critical\":[\"serial\",\"novelty\"]"),
            "needs a newer ingot: its key \"novelty\" must be understood, and this one does not");
  EXPECT_NE(fault("\"epoch\":1", "\"epoch\":1,\"critical\":\"epoch\""), "");
  EXPECT_NE(fault("\"epoch\":1", "\"epoch\":1,\"critical\":[1]"), "");
  EXPECT_NE(fault("\"root\":{", "\"root\":{\"critical\":[\"x\"],"), "");
}

TEST(head, C11_says_that_another_major_format_needs_an_upgrade) {
  EXPECT_EQ(fault("ingot.head/1", "ingot.head/2"),
            "\"format\" is \"ingot.head/2\": that needs a newer ingot (this one reads \"ingot.head/1\"); upgrade it");
  EXPECT_EQ(fault("ingot.head/1", "ingot.root/1"), "\"format\" is \"ingot.root/1\", not \"ingot.head/1\"");
  EXPECT_NE(fault("ingot.head/1", "ingot.head/1.5"), "");
  EXPECT_NE(fault("ingot.head/1", "ingot.head"), "");
}

TEST(head, is_at_most_64_KiB) {
  const std::string head = write_head(some_head());
  EXPECT_TRUE(std::holds_alternative<Head>(parse_head(head + std::string(largest_head - head.size(), ' '))));
  EXPECT_TRUE(std::holds_alternative<Malformed>(parse_head(head + std::string(largest_head - head.size() + 1, ' '))));
}

TEST(head, is_refused_wherever_it_is_cut) {
  const std::string head = write_head(some_head());
  for (std::size_t length = 0; length + 1 < head.size(); ++length) {
    EXPECT_TRUE(std::holds_alternative<Malformed>(parse_head(head.substr(0, length)))) << length;
  }
}

PageRef page(PageKind kind, std::string first, std::uint64_t entries = 3) {
  return {.kind = kind, .first = first, .entries = entries, .piece = {.digest = io::sha256(first), .length = 1000}};
}

Index some_index() {
  return {.pages = {page(PageKind::images, "a"), page(PageKind::images, "b"), page(PageKind::series, "a"),
                    page(PageKind::types, "A")}};
}

std::string index_fault(const Index& index) {
  const auto parsed = parse_index(write_index(index));
  const auto* malformed = std::get_if<Malformed>(&parsed);
  return malformed == nullptr ? "" : malformed->why;
}

std::string index_fault(const std::string& from, const std::string& to) {
  const auto parsed = parse_index(replaced(write_index(some_index()), from, to));
  const auto* malformed = std::get_if<Malformed>(&parsed);
  return malformed == nullptr ? "" : malformed->why;
}

TEST(index, reads_what_it_wrote) {
  EXPECT_EQ(parse_index(write_index(some_index())), (std::variant<Index, Malformed>(some_index())));
  EXPECT_EQ(parse_index(write_index({})), (std::variant<Index, Malformed>(Index{})));
}

TEST(index, keeps_the_order_of_kinds_and_names) {
  EXPECT_EQ(index_fault({.pages = {page(PageKind::images, "b"), page(PageKind::images, "a")}}),
            "line 3: \"first\" is out of order");
  EXPECT_EQ(index_fault({.pages = {page(PageKind::series, "a"), page(PageKind::images, "b")}}),
            "line 3: \"kind\" is out of order (images, then series, then types)");
  EXPECT_EQ(index_fault({.pages = {page(PageKind::series, "a"), page(PageKind::series, "a")}}), "");
  EXPECT_EQ(index_fault({.pages = {page(PageKind::images, "a"), page(PageKind::images, "a")}}), "");
  EXPECT_NE(index_fault({.pages = {page(PageKind::types, "A"), page(PageKind::types, "A")}}), "");
}

TEST(index, bounds_entries_lengths_and_their_sum) {
  EXPECT_EQ(index_fault({.pages = {page(PageKind::images, "a", most_page_entries)}}), "");
  EXPECT_EQ(index_fault({.pages = {page(PageKind::images, "a", most_page_entries + 1)}}),
            "line 2: \"entries\" is 513, more than 512");
  EXPECT_NE(index_fault({.pages = {page(PageKind::images, "a", 0)}}), "");
  Index index;
  for (std::uint64_t i = 0; i < largest_metadata / largest_page; ++i) {
    index.pages.push_back(page(PageKind::images, "a"));
    index.pages.back().piece.length = largest_page;
  }
  EXPECT_EQ(index_fault(index), "");
  index.pages.push_back(page(PageKind::images, "a"));
  index.pages.back().piece.length = 1;
  EXPECT_EQ(index_fault(index), "line 66: \"length\" makes the pages larger than 512 MiB together");
  index.pages.back().piece.length = largest_page + 1;
  EXPECT_NE(index_fault(index), "");
}

TEST(index, says_on_which_line_what_is_wrong) {
  EXPECT_EQ(index_fault("\"first\":\"b\"", "\"first\":7"), "line 3: \"first\" is not a text");
  EXPECT_EQ(index_fault("\"kind\":\"series\"", "\"kind\":\"sets\""),
            "line 4: \"kind\" is not \"images\", \"series\" or \"types\"");
  EXPECT_EQ(index_fault("\"pages\":4", "\"pages\":5"), "line 1: \"pages\" is 5, but 4 follow");
  EXPECT_NE(index_fault("ingot.index/1", "ingot.index/2").find("newer ingot"), std::string::npos);
  EXPECT_NE(index_fault("\"kind\":\"images\",", "\"kind\":\"images\",\"critical\":[\"shard\"],\"shard\":1,").find("newer ingot"),
            std::string::npos);
}

TEST(index, needs_a_newline_after_every_line_and_none_empty) {
  const std::string text = write_index(some_index());
  EXPECT_TRUE(std::holds_alternative<Malformed>(parse_index(text.substr(0, text.size() - 1))));
  EXPECT_TRUE(std::holds_alternative<Malformed>(parse_index(text + "\n")));
  EXPECT_TRUE(std::holds_alternative<Malformed>(parse_index("")));
  EXPECT_TRUE(std::holds_alternative<Malformed>(parse_index("\n" + text)));
}

TEST(index, is_at_most_8_MiB) {
  EXPECT_TRUE(std::holds_alternative<Malformed>(parse_index(std::string(largest_index + 1, 'x'))));
  Index index;
  for (int i = 0; i < 40'000; ++i) index.pages.push_back(page(PageKind::images, std::string(128, 'a')));
  EXPECT_THROW((void)write_index(index), std::length_error);
}

}  // namespace
}  // namespace ingot::catalog_head_test
