// The table of segments: sums, bounds, and agreement with the catalog's entry (C9, C10).
#include <string>

#include <gtest/gtest.h>

#include "reconciler/io/hash.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/write_catalog.hpp"

namespace ingot::segments_test {
namespace {

SegmentTable table_of(std::uint64_t plain) {
  SegmentTable table{.plain = plain, .packed = 0, .segments = {}};
  for (std::uint64_t i = 0; i < segment_count(plain); ++i) {
    const bool last = i + 1 == segment_count(plain);
    table.segments.push_back(
        {.plain = last ? last_segment_size(plain) : segment_size, .packed = 1000 + i, .digest = io::sha256(std::to_string(i))});
    table.packed += 1000 + i;
  }
  return table;
}

std::string fault(const SegmentTable& table) {
  const auto parsed = parse_segment_table(write_segment_table(table));
  const auto* malformed = std::get_if<Malformed>(&parsed);
  return malformed == nullptr ? "" : malformed->why;
}

std::string fault(std::string text, const std::string& from, const std::string& to) {
  const std::size_t found = text.find(from);
  EXPECT_NE(found, std::string::npos) << from;
  const auto parsed = parse_segment_table(text.replace(found, from.size(), to));
  const auto* malformed = std::get_if<Malformed>(&parsed);
  return malformed == nullptr ? "" : malformed->why;
}

TEST(segments, count_follows_the_size) {
  EXPECT_EQ(segment_count(0), 1U);
  EXPECT_EQ(segment_count(1), 1U);
  EXPECT_EQ(segment_count(segment_size), 1U);
  EXPECT_EQ(segment_count(segment_size + 1), 2U);
  EXPECT_EQ(segment_count(~std::uint64_t{0}), (std::uint64_t{1} << 42U));
  EXPECT_EQ(last_segment_size(0), 0U);
  EXPECT_EQ(last_segment_size(segment_size), segment_size);
  EXPECT_EQ(last_segment_size(segment_size + 1), 1U);
}

TEST(segments, read_what_they_wrote) {
  for (const std::uint64_t plain : {std::uint64_t{0}, std::uint64_t{1}, segment_size, segment_size + 1, 3 * segment_size}) {
    EXPECT_EQ(parse_segment_table(write_segment_table(table_of(plain))), (std::variant<SegmentTable, Malformed>(table_of(plain))))
        << plain;
  }
}

TEST(segments, are_written_as_the_format_page_says) {
  EXPECT_EQ(write_segment_table(table_of(segment_size + 1)),
            "{\"format\":\"ingot.segments/1\",\"plain\":4194305,\"packed\":2001,\"segments\":2}\n[4194304,1000,\"" +
                io::sha256("0").hex() + "\"]\n[1,1001,\"" + io::sha256("1").hex() + "\"]\n");
}

TEST(segments, C10_refuses_sums_that_do_not_add_up) {
  SegmentTable table = table_of(2 * segment_size + 5);
  table.packed += 1;
  EXPECT_EQ(fault(table), "line 1: \"packed\" is 3004, but the segments make 3003");
  table = table_of(2 * segment_size + 5);
  table.plain += 1;
  EXPECT_EQ(fault(table), "line 4: holds 5 plain bytes, not 6");
}

TEST(segments, C10_refuses_a_count_that_is_not_the_sizes) {
  SegmentTable table = table_of(2 * segment_size + 5);
  table.segments.pop_back();
  EXPECT_EQ(fault(table), "line 1: \"segments\" is 2, not 3 as the size says");
  const std::string text = write_segment_table(table_of(2 * segment_size));
  EXPECT_EQ(fault(text, "\"segments\":2", "\"segments\":1000000000"),
            "line 1: \"segments\" is 1000000000, not 2 as the size says");
  EXPECT_NE(fault(text, "[4194304,1001,", "[4194304,1001,\"" + io::sha256("x").hex() + "\"]\n[4194304,1001,"), "");
  EXPECT_NE(fault(text, "\"segments\":2", "\"segments\":0"), "");
}

TEST(segments, C10_refuses_segments_that_are_not_4_MiB) {
  SegmentTable table = table_of(2 * segment_size + 5);
  table.segments[0].plain -= 1;
  table.segments[2].plain += 1;
  EXPECT_EQ(fault(table), "line 2: holds 4194303 plain bytes, not 4194304");
}

TEST(segments, C10_bounds_each_packed_segment) {
  SegmentTable table = table_of(segment_size);
  table.segments[0].packed = table.packed = largest_packed_segment;
  EXPECT_EQ(fault(table), "");
  table.segments[0].packed = table.packed = largest_packed_segment + 1;
  EXPECT_NE(fault(table), "");
  table = table_of(2 * segment_size);
  table.segments[0].packed = 0;
  table.packed = 1001;
  EXPECT_NE(fault(table), "");
}

TEST(segments, C9_refuses_odd_numbers_and_shapes) {
  const std::string text = write_segment_table(table_of(segment_size + 1));
  for (const std::string bad : {"-1", "4194304.0", "4e6", "\"4194304\"", "18446744073709551616", "null"})
    EXPECT_NE(fault(text, "[4194304", "[" + bad), "") << bad;
  for (const std::string bad :
       {"[4194304,1000]", "{}", "[]", "7", "[4194304,1000,\"ab\"]", "[[4194304,1000]]", "[4194304,1000,null]"}) {
    EXPECT_NE(fault(text, "[4194304,1000,\"" + io::sha256("0").hex() + "\"]", bad), "") << bad;
  }
  EXPECT_NE(fault(text, "[4194304,1000,\"" + io::sha256("0").hex() + "\"]", "[4194304,1000,\"" + io::sha256("0").hex() + "\",1]"),
            "");
  EXPECT_NE(fault(text, io::sha256("0").hex(), "A" + io::sha256("0").hex().substr(1)), "");
  EXPECT_NE(fault(text, "\"plain\":4194305", "\"plain\":70368744177665"), "");
  EXPECT_NE(fault(text, "ingot.segments/1", "ingot.segments/2").find("newer ingot"), std::string::npos);
}

TEST(segments, agree_with_the_catalogs_entry) {
  const SegmentTable table = table_of(segment_size + 1);
  const std::string text = write_segment_table(table);
  const Packed packed{.file = {.digest = io::sha256("f"), .length = table.packed},
                      .segments = 2,
                      .table = Piece{.digest = io::sha256(text), .length = text.size()}};
  EXPECT_EQ(parse_segment_table(text, segment_size + 1, packed), (std::variant<SegmentTable, Malformed>(table)));
  EXPECT_TRUE(std::holds_alternative<Malformed>(parse_segment_table(text, segment_size + 2, packed)));
  Packed other = packed;
  other.file.length += 1;
  EXPECT_TRUE(std::holds_alternative<Malformed>(parse_segment_table(text, segment_size + 1, other)));
  other = packed;
  other.segments = 3;
  EXPECT_TRUE(std::holds_alternative<Malformed>(parse_segment_table(text, segment_size + 1, other)));
}

}  // namespace
}  // namespace ingot::segments_test
