// Pages: what the reader refuses in an entry, in a page, and across pages.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reconciler/io/hash.hpp"
#include "schema/catalog/catalog_weight.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/segments.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "schema/catalog/write_entry.hpp"
#include "tests/support/catalog_builder.hpp"

namespace ingot::catalog_page_test {
namespace {

using testing_support::copied_image;
using testing_support::into;
using testing_support::own_image;
using testing_support::server_id;
using testing_support::tombstone;

const ServerId self = server_id("self");
const ServerId other = server_id("other");
constexpr Serial newest = 100;

template <class Entry>
std::string line_of(const Entry& entry) {
  std::string line;
  append_line(line, entry);
  return line;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t found = text.find(from);
  EXPECT_NE(found, std::string::npos) << from << " is not in " << text;
  return found == std::string::npos ? text : text.replace(found, from.size(), to);
}

std::string header(PageKind kind, const std::string& more = "") {
  const std::string word = kind == PageKind::images ? "images" : kind == PageKind::series ? "series" : "types";
  return "{\"format\":\"ingot.page/1\",\"kind\":\"" + word + "\"" + more + "}\n";
}

/// A page and its reference.
struct Page {
  PageRef ref;
  std::string bytes;
};

Page page(PageKind kind, const std::string& first, const std::vector<std::string>& lines, const std::string& more = "") {
  std::string bytes = header(kind, more);
  for (const auto& line : lines) bytes += line;
  return {.ref = {.kind = kind, .first = first, .entries = lines.size(), .piece = {.digest = {}, .length = bytes.size()}},
          .bytes = bytes};
}

/// Why these pages, read one after the other, are malformed; "" if they are not.
std::string fault(const std::vector<Page>& pages) {
  Catalog catalog;
  PageReader reader(self, newest, into(catalog));
  for (const Page& each : pages) {
    if (const auto malformed = reader.read(each.ref, each.bytes)) return malformed->why;
  }
  return "";
}

std::string fault(const std::string& line) { return fault({page(PageKind::images, "db", {line})}); }

ImageEntry image(std::string_view name = "db", Serial created = 10) { return own_image(self, name, created); }

TEST(page, is_read_with_all_that_an_image_can_say) {
  ImageEntry entry = image();
  entry.size = 2 * segment_size + 1;
  entry.kind = ImageKind::tree;
  entry.type = TypeName::of("DB_PSU");
  entry.description = "with \"quotes\", a back\\slash and \xC3\xA4";
  entry.labels = {{"team", "dba"}, {"", "empty key"}, {"x", ""}};
  entry.states = {{ImageState::testable, 10}, {ImageState::published, 12}, {ImageState::withdrawn, 13}};
  entry.reason = "broken";
  entry.parent = ImageIdentity{.origin = other, .name = ImageName::of("base"), .created = largest_serial};
  entry.packed = Packed{.file = {io::sha256("f"), 99}, .segments = 3, .table = Piece{io::sha256("t"), 300}};
  Catalog catalog;
  const Page one = page(PageKind::images, "db", {line_of(entry)});
  PageReader reader(self, newest, into(catalog));
  ASSERT_EQ(reader.read(one.ref, one.bytes), std::nullopt);
  ASSERT_EQ(catalog.images.size(), 1U);
  EXPECT_EQ(catalog.images[0], entry);
}

TEST(page, carries_the_signatures_of_release_keys_up_to_16) {
  ImageEntry image = own_image(self, "a", 3);
  image.release.assign(16, Signature{.key_id = "0123456789abcdef", .bytes = "whatever stands there"});
  Catalog catalog;
  PageReader reader(self, newest, into(catalog));
  const Page full = page(PageKind::images, "a", {line_of(image)});
  EXPECT_EQ(reader.read(full.ref, full.bytes), std::nullopt);
  ASSERT_EQ(catalog.images.size(), 1U);
  EXPECT_EQ(catalog.images[0], image);
  image.release.push_back(image.release.front());
  EXPECT_EQ(fault({page(PageKind::images, "a", {line_of(image)})}), "line 2: \"release\" holds 17 signatures, not 1 to 16");
}

TEST(page, is_read_without_a_visitor) {
  PageReader reader(self, newest, {});
  const Page one = page(PageKind::images, "db", {line_of(image())});
  EXPECT_EQ(reader.read(one.ref, one.bytes), std::nullopt);
}

TEST(page, is_what_the_index_says) {
  Page one = page(PageKind::images, "db", {line_of(image())});
  one.ref.entries = 2;
  EXPECT_EQ(fault({one}), "holds 1 entries, not 2 as the index says");
  one = page(PageKind::images, "db", {line_of(image()), line_of(image("eb"))});
  one.ref.entries = 1;
  EXPECT_EQ(fault({one}), "line 3: comes after the 1 entries that the index says");
  EXPECT_EQ(fault({page(PageKind::images, "da", {line_of(image())})}),
            "line 2: \"db\" is not \"da\", the first name that the index says");
  one = page(PageKind::images, "db", {line_of(image())});
  one.ref.piece.length += 1;
  EXPECT_NE(fault({one}), "");
  one = page(PageKind::images, "db", {line_of(image())});
  one.ref.kind = PageKind::series;
  EXPECT_EQ(fault({one}), "line 1: \"kind\" is \"images\", not \"series\" as the index says");
}

TEST(page, says_line_and_key) {
  EXPECT_EQ(fault({page(PageKind::images, "a",
                        {line_of(image("a")), line_of(image("b")),
                         replaced(line_of(image("c")), "\"size\":1000000", "\"size\":\"x\"")})}),
            "line 4: \"size\" is not a whole number");
  EXPECT_EQ(fault(replaced(line_of(image()), "\"length\":400000", "\"length\":-1")),
            "line 2: \"length\" is not a whole number from 0 to 2^53-1");
  EXPECT_EQ(fault(replaced(line_of(image()), "\"length\":400000", "\"length\":0")),
            "line 2: \"packed.length\" is 0, less than 1");
}

TEST(page, C8_never_shows_a_peers_bytes_raw) {
  for (const std::string bad : {"\\u001b]0;owned", "\\u009b", "\\u202e"}) {
    const std::string why = fault(replaced(line_of(image()), "\"image\":\"db\"", "\"image\":\"" + bad + "\""));
    EXPECT_NE(why, "");
    EXPECT_EQ(why.find('\x1B'), std::string::npos);
    EXPECT_EQ(why.find("\xC2\x9B"), std::string::npos);
  }
  const std::string why = fault(replaced(line_of(image()), "\"created\":10", "\"created\":10,\"\\u001b[2J\":1,\"\\u001b[2J\":2"));
  EXPECT_EQ(why, "line 2: the key \"\\x1B[2J\" holds a control character");
}

TEST(page, C1_takes_no_name_that_is_a_path) {
  for (const std::string bad :
       {"..", ".", "", "/etc/x", "a/../b", "a//b", "%2e%2e", "..\\\\x", "C:x", "-rf", ".git", "a ", "a\\u0000b"}) {
    EXPECT_NE(fault(replaced(line_of(image()), "\"image\":\"db\"", "\"image\":\"" + bad + "\"")), "") << bad;
    EXPECT_NE(fault(replaced(line_of(image()), "\"type\":\"SOFTWARE\"", "\"type\":\"" + bad + "\"")), "") << bad;
    EXPECT_NE(fault({page(PageKind::series, "s", {"{\"series\":\"" + bad + "\",\"created\":1}\n"})}), "") << bad;
  }
}

TEST(page, C9_bounds_sizes) {
  const auto sized = [&](std::uint64_t size, std::uint64_t segments) {
    ImageEntry entry = image();
    entry.size = size;
    entry.packed->segments = segments;
    if (segments > 1) entry.packed->table = Piece{io::sha256("t"), 300};
    return line_of(entry);
  };
  EXPECT_EQ(fault(sized(largest_image, segment_count(largest_image))), "");
  EXPECT_NE(fault(sized(largest_image + 1, segment_count(largest_image + 1))), "");
  EXPECT_EQ(fault(sized(0, 1)), "");
  for (const std::string bad :
       {"-1", "1.0", "1e3", "\"5\"", "9007199254740993", "18446744073709551616", "null", "99999999999999999999999"}) {
    EXPECT_NE(fault(replaced(line_of(image()), "\"size\":1000000", "\"size\":" + bad)), "") << bad;
  }
}

TEST(page, C10_packed_fits_the_size) {
  ImageEntry entry = image();
  entry.size = segment_size + 1;
  entry.packed =
      Packed{.file = {io::sha256("f"), 2 * largest_packed_segment}, .segments = 2, .table = Piece{io::sha256("t"), 300}};
  const std::string line = line_of(entry);
  EXPECT_EQ(fault(line), "");
  EXPECT_EQ(fault(replaced(line, "\"segments\":2", "\"segments\":3")),
            "line 2: \"packed.segments\" is 3, not 2 as the size says");
  EXPECT_EQ(fault(replaced(line, "\"segments\":2,", "")), "line 2: \"packed.segments\" is missing");
  EXPECT_NE(fault(replaced(line, std::to_string(2 * largest_packed_segment), std::to_string(2 * largest_packed_segment + 1))),
            "");
  EXPECT_NE(fault(replaced(line, "\"length\":300}", "\"length\":67108865}")), "");
  EXPECT_NE(fault(replaced(line, ",\"table\":{", ",\"tables\":{")), "");
  EXPECT_NE(fault(replaced(line_of(image()), "\"table\":null",
                           "\"table\":{\"digest\":\"" + io::sha256("t").text() + "\",\"length\":3}")),
            "");
}

TEST(page, states_are_sorted_and_not_empty) {
  ImageEntry entry = image();
  entry.states.assign(longest_state_history, {ImageState::published, 10});
  EXPECT_EQ(fault(line_of(entry)), "");
  const std::string state = "{\"state\":\"PUBLISHED\",\"since\":10}";
  const std::string line = line_of(image());
  EXPECT_EQ(fault(replaced(line, state, "")), "line 2: \"states\" is empty");
  EXPECT_NE(fault(replaced(line_of(entry), state, state + "," + state)), "");
  EXPECT_EQ(fault(replaced(line, state, state + ",{\"state\":\"TESTABLE\",\"since\":9}")),
            "line 2: \"states\" is not sorted by \"since\"");
  EXPECT_EQ(fault(replaced(line, "PUBLISHED", "published")),
            "line 2: \"states.state\" is not TESTABLE, RESTRICTED, PUBLISHED or WITHDRAWN");
  EXPECT_NE(fault(replaced(line, "\"since\":10", "\"since\":0")), "");
  EXPECT_EQ(fault(replaced(line, "\"since\":10", "\"since\":101")), "line 2: \"states.since\" is 101, more than 100");
  EXPECT_NE(fault(replaced(line, "[" + state + "]", "\"PUBLISHED\"")), "");
  EXPECT_NE(fault(replaced(line, "[" + state + "]", "[7]")), "");
}

TEST(page, bounds_labels_and_texts) {
  ImageEntry entry = image();
  for (std::size_t i = 0; i < most_labels; ++i) entry.labels.emplace("k" + std::to_string(i), std::string(longest_text, 'v'));
  EXPECT_EQ(fault(line_of(entry)), "");
  EXPECT_EQ(fault(replaced(line_of(entry), "\"labels\":{", "\"labels\":{\"more\":\"\",")),
            "line 2: \"labels\" holds 65 labels, more than 64");
  EXPECT_EQ(fault(replaced(line_of(entry), "\"labels\":{", "\"labels\":{\"k0\":\"\",")), "line 2: \"k0\" stands there twice");
  EXPECT_NE(
      fault(replaced(line_of(image()), "\"version\":\"1.0\"", "\"version\":\"" + std::string(longest_text + 1, 'x') + "\"")), "");
  EXPECT_EQ(fault(replaced(line_of(image()), "\"version\":\"1.0\"", "\"version\":\"" + std::string(longest_text, 'x') + "\"")),
            "");
  EXPECT_NE(fault(replaced(line_of(image()), "\"version\":\"1.0\"", "\"version\":7")), "");
  EXPECT_NE(fault(replaced(line_of(image()), "\"version\":\"1.0\"", "\"labels\":{\"a\":{}}")), "");
  EXPECT_NE(fault(replaced(line_of(image()), "\"version\":\"1.0\"", "\"labels\":[]")), "");
}

TEST(page, an_own_image_is_listed_from_its_creation_under_its_own_name) {
  const std::string line = line_of(image());
  EXPECT_EQ(fault(replaced(line, "\"digest\"", "\"listed\":10,\"digest\"")), "");
  EXPECT_NE(fault(replaced(line, "\"digest\"", "\"listed\":11,\"digest\"")), "");
  EXPECT_NE(fault(replaced(line, "\"digest\"", "\"copied_from\":\"x\",\"digest\"")), "");
  EXPECT_NE(fault(replaced(line, self.text() + "\"", self.text() + "\",\"image\":\"else\"")), "");
}

TEST(page, a_copy_says_when_it_came_and_from_where) {
  ImageEntry copy = copied_image(other, "original", 100'000, 20);
  copy.name = ImageName::of("db");
  const std::string line = line_of(copy);
  Catalog catalog;
  const Page one = page(PageKind::images, "db", {line});
  PageReader reader(self, newest, into(catalog));
  EXPECT_EQ(reader.read(one.ref, one.bytes), std::nullopt);
  EXPECT_EQ(catalog.images.at(0), copy);
  EXPECT_EQ(fault(replaced(line, "\"listed\":20,", "")), "line 2: \"listed\" is missing");
  EXPECT_EQ(fault(replaced(line, "\"listed\":20,", "\"listed\":101,")),
            "line 2: \"listed\" is 101, later than the head's serial 100");
  EXPECT_EQ(fault(replaced(line, ",\"copied_from\":\"peer-2\"", "")),
            "line 2: \"copied_from\" is missing, though the image is a copy");
}

TEST(page, no_event_is_later_than_the_head) {
  EXPECT_EQ(fault(line_of(image("db", newest))), "");
  EXPECT_EQ(fault(line_of(image("db", newest + 1))), "line 2: \"created\" is 101, later than the head's serial 100");
  EXPECT_EQ(fault(line_of(tombstone(self, "db", 5, newest))), "");
  EXPECT_NE(fault(line_of(tombstone(self, "db", 5, newest + 1))), "");
  const auto series = [](const std::string& line, const std::string& member) {
    return fault({page(PageKind::series, "s", {line, member})});
  };
  const std::string member = line_of(SeriesMember{.image = image().identity, .added = newest});
  EXPECT_EQ(series("{\"series\":\"s\",\"created\":100}\n", member), "");
  EXPECT_NE(series("{\"series\":\"s\",\"created\":101}\n", member), "");
  EXPECT_NE(series("{\"series\":\"s\",\"created\":1}\n", replaced(member, "\"added\":100", "\"added\":101")), "");
  EXPECT_NE(fault({page(PageKind::series, "s", {"{\"series\":\"s\",\"created\":1,\"deleted\":101}\n"})}), "");
  ImageEntry child = image();
  child.parent = ImageIdentity{.origin = self, .name = ImageName::of("base"), .created = newest + 1};
  EXPECT_NE(fault(line_of(child)), "");
}

TEST(page, a_tombstone_was_created_before_it_was_deleted) {
  EXPECT_EQ(fault(line_of(tombstone(self, "db", 5, 5))), "");
  EXPECT_EQ(fault(line_of(tombstone(self, "db", 6, 5))), "line 2: \"deleted\" is 5, before \"created\" 6");
  EXPECT_NE(fault({page(PageKind::series, "s", {"{\"series\":\"s\",\"created\":6,\"deleted\":5}\n"})}), "");
}

TEST(page, an_image_is_not_its_own_parent) {
  ImageEntry entry = image();
  entry.parent = entry.identity;
  EXPECT_EQ(fault(line_of(entry)), "line 2: \"parent\" is the image itself");
}

TEST(page, images_are_sorted_within_and_across_pages) {
  const auto pair = [](const std::string& one, const std::string& two, const std::string& first, const std::string& second) {
    const std::string within = fault({page(PageKind::images, first, {one, two})});
    const std::string across = fault({page(PageKind::images, first, {one}), page(PageKind::images, second, {two})});
    EXPECT_EQ(within.empty(), across.empty()) << within << " / " << across;
    return within;
  };
  EXPECT_EQ(pair(line_of(image("a")), line_of(image("b")), "a", "b"), "");
  EXPECT_EQ(pair(line_of(image("b")), line_of(image("a")), "b", "a"),
            "line 3: \"a\" is out of order after \"b\", or there twice");
  EXPECT_NE(pair(line_of(image("a", 5)), line_of(image("a", 5)), "a", "a"), "");
  EXPECT_EQ(pair(line_of(image("a", 5)), line_of(image("a", 6)), "a", "a"), "line 3: \"a\" is there twice");
  EXPECT_EQ(pair(line_of(tombstone(self, "a", 5, 6)), line_of(image("a", 6)), "a", "a"), "");
  EXPECT_EQ(pair(line_of(tombstone(self, "a", 5, 6)), line_of(tombstone(self, "a", 6, 7)), "a", "a"), "");
  EXPECT_NE(pair(line_of(tombstone(self, "a", 6, 7)), line_of(tombstone(self, "a", 5, 6)), "a", "a"), "");
  EXPECT_NE(pair(line_of(tombstone(self, "a", 6, 7)), line_of(tombstone(self, "a", 6, 8)), "a", "a"), "");
  EXPECT_EQ(pair(line_of(image("B")), line_of(image("a")), "B", "a"), "");
}

TEST(page, a_name_lives_once_whatever_died_between) {
  EXPECT_NE(fault({page(PageKind::images, "a",
                        {line_of(copied_image(other, "a", 1, 5)), line_of(tombstone(self, "a", 6, 7)), line_of(image("a", 8))})}),
            "");
  EXPECT_EQ(fault({page(PageKind::images, "a", {line_of(copied_image(other, "a", 1, 5)), line_of(tombstone(self, "a", 6, 7))})}),
            "");
  EXPECT_EQ(fault({page(PageKind::images, "a", {line_of(tombstone(self, "a", 5, 7)), line_of(copied_image(other, "a", 1, 5))})}),
            "");
}

TEST(page, kinds_keep_their_order) {
  const Page images = page(PageKind::images, "db", {line_of(image())});
  const Page series = page(PageKind::series, "s", {"{\"series\":\"s\",\"created\":1}\n"});
  const Page types = page(PageKind::types, "T", {"{\"imagetype\":\"T\",\"base\":\"LINUXOS\"}\n"});
  EXPECT_EQ(fault({images, series, types}), "");
  EXPECT_NE(fault({series, images}), "");
  EXPECT_NE(fault({types, series}), "");
}

TEST(page, members_follow_their_series_and_come_once) {
  const std::string series = "{\"series\":\"s\",\"created\":1}\n";
  const std::string ended = "{\"series\":\"t\",\"created\":1,\"deleted\":2}\n";
  const std::string member = line_of(SeriesMember{.image = image().identity, .added = 2});
  EXPECT_EQ(fault({page(PageKind::series, "s", {series, member})}), "");
  EXPECT_NE(fault({page(PageKind::series, "s", {member, series})}), "");
  EXPECT_EQ(fault({page(PageKind::series, "s", {series, member, member})}), "line 4: \"db\" is in series \"s\" twice");
  EXPECT_EQ(fault({page(PageKind::series, "s", {series, ended, member})}), "line 4: is a member of no series");
  EXPECT_NE(fault({page(PageKind::series, "s", {series, replaced(member, "\"added\":2", "\"added\":0")})}), "");
}

TEST(page, a_series_goes_on_only_where_the_page_says_so) {
  const std::string series = "{\"series\":\"s\",\"created\":1}\n";
  const std::string member = line_of(SeriesMember{.image = image().identity, .added = 2});
  const Page begun = page(PageKind::series, "s", {series});
  EXPECT_EQ(fault({begun, page(PageKind::series, "s", {member}, ",\"continues\":\"s\"")}), "");
  EXPECT_NE(fault({begun, page(PageKind::series, "s", {member})}), "");
  EXPECT_NE(fault({begun, page(PageKind::series, "t", {member}, ",\"continues\":\"t\"")}), "");
  EXPECT_NE(fault({begun, page(PageKind::series, "t", {member}, ",\"continues\":\"s\"")}), "");
  EXPECT_NE(fault({page(PageKind::series, "s", {member}, ",\"continues\":\"s\"")}), "");
  EXPECT_NE(fault({begun, page(PageKind::series, "t", {"{\"series\":\"t\",\"created\":1}\n"}, ",\"continues\":\"s\"")}), "");
  EXPECT_NE(fault({begun, page(PageKind::types, "T", {"{\"imagetype\":\"T\",\"base\":\"LINUXOS\"}\n"}, ",\"continues\":\"s\"")}),
            "");
  EXPECT_NE(fault({begun, page(PageKind::series, "s", {member, member}, ",\"continues\":\"s\"")}), "");
}

TEST(page, R28_deltas_are_read_as_they_are_written_and_bounded) {
  ImageEntry entry = image();
  const std::uint64_t length = 77;
  for (std::size_t i = 0; i < most_deltas; ++i)
    entry.deltas.push_back({.base = io::sha256(std::to_string(i)), .base_size = i, .file = {io::sha256("d"), length + i}});
  EXPECT_EQ(fault(line_of(entry)), "");
  const std::string line = line_of(entry);
  const std::string one = line.substr(line.find("{\"base\""), line.find("},{\"base\"") + 1 - line.find("{\"base\""));
  EXPECT_EQ(fault(replaced(line, one, one + "," + one)), "line 2: \"deltas\" holds more than 8 deltas");
  EXPECT_NE(fault(replaced(line, "\"length\":77", "\"length\":0")), "");
  EXPECT_NE(fault(replaced(line, "\"length\":77", "\"length\":" + std::to_string(largest_image + 1))), "");
  EXPECT_NE(fault(replaced(line, "\"size\":0}", "\"size\":" + std::to_string(largest_image + 1) + "}")), "");
  EXPECT_NE(fault(replaced(line, "{\"base\"", "{\"from\"")), "");
  EXPECT_NE(fault(replaced(line, one, "7")), "");
}

TEST(page, types_are_new_and_based_on_built_in_ones) {
  const auto type = [](const std::string& name, const std::string& base) {
    return fault({page(PageKind::types, name, {"{\"imagetype\":\"" + name + "\",\"base\":\"" + base + "\"}\n"})});
  };
  EXPECT_EQ(type("DB_PSU", "ORACLEDBSOFTWARE"), "");
  EXPECT_EQ(type("LINUXOS", "SOFTWARE"), "line 2: \"imagetype\" is a built-in type");
  EXPECT_EQ(type("DB_PSU", "OTHER"), "line 2: \"base\" is not a built-in type");
}

TEST(page, C11_ignores_unknown_keys_unless_they_are_critical) {
  const std::string line = line_of(image());
  EXPECT_EQ(fault(replaced(line, "{\"image\"", "{\"echoes\":[{\"from\":\"x\"}],\"image\"")), "");
  EXPECT_EQ(fault(replaced(line, "{\"image\"", "{\"sealed\":1,\"critical\":[\"sealed\"],\"image\"")),
            "line 2: needs a newer ingot: its key \"sealed\" must be understood, and this one does not");
  EXPECT_NE(fault({page(PageKind::images, "db", {line}, ",\"packing\":2,\"critical\":[\"packing\"]")}).find("newer ingot"),
            std::string::npos);
  Page newer = page(PageKind::images, "db", {line});
  newer.bytes = replaced(newer.bytes, "ingot.page/1", "ingot.page/2");
  EXPECT_NE(fault({newer}).find("upgrade"), std::string::npos);
}

TEST(page, needs_its_header_and_whole_lines) {
  Page one = page(PageKind::images, "db", {line_of(image())});
  one.bytes = one.bytes.substr(0, one.bytes.size() - 1);
  one.ref.piece.length = one.bytes.size();
  EXPECT_EQ(fault({one}), "line 2: is cut off (it does not end with a newline)");
  one.bytes.clear();
  one.ref.piece.length = 0;
  EXPECT_NE(fault({one}), "");
  one.bytes = line_of(image());
  one.ref.piece.length = one.bytes.size();
  EXPECT_NE(fault({one}), "");
}

TEST(page, C5_is_at_most_8_MiB) {
  Page one = page(PageKind::images, "db", {line_of(image())});
  const std::size_t start = one.bytes.find(",\"kind\"");
  one.bytes.insert(start, largest_page - one.bytes.size(), ' ');
  one.ref.piece.length = one.bytes.size();
  EXPECT_EQ(fault({one}), "");
  one.bytes.insert(start, " ");
  one.ref.piece.length = one.bytes.size();
  EXPECT_EQ(fault({one}), "is longer than 8 MiB");
}

ImageEntry with_most_labels(int number) {
  ImageEntry entry = own_image(self, "image" + std::to_string(1'000'000 + number), 2);
  for (std::size_t i = 0; i < most_labels; ++i) entry.labels.emplace(std::to_string(i), "");
  return entry;
}

TEST(page, A13_a_catalog_of_small_entries_with_many_labels_is_refused_before_it_fills_the_memory) {
  const std::uint64_t fitting = heaviest_catalog / weight_of(with_most_labels(0));
  std::uint64_t given = 0;
  PageVisitor visitor;
  visitor.image = [&](ImageEntry&&) { ++given; };
  PageReader reader(self, newest, std::move(visitor));
  std::string line = line_of(with_most_labels(0));
  const std::string name = "image1000000";
  std::optional<Malformed> fault;
  for (int number = 0; !fault && given < fitting + most_page_entries;) {
    std::vector<std::string> lines;
    for (std::uint64_t i = 0; i < most_page_entries; ++i)
      lines.push_back(replaced(line, name, with_most_labels(number++).name.text()));
    const Page one = page(PageKind::images, "image" + std::to_string(1'000'000 + number - int{most_page_entries}), lines);
    fault = reader.read(one.ref, one.bytes);
  }
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->why, "line " + std::to_string(fitting % most_page_entries + 2) +
                            ": makes the catalog heavier than the 512 MiB that its entries may weigh together");
  EXPECT_EQ(given, fitting);
}

TEST(page, A13_no_server_publishes_a_catalog_that_is_too_heavy_for_its_readers) {
  PageWriter writer([](std::string_view bytes) { return io::sha256(bytes); }, [](const PageRef&, const std::string&) {});
  const std::uint64_t fitting = heaviest_catalog / weight_of(with_most_labels(0));
  for (std::uint64_t i = 0; i <= fitting; ++i) writer.add(with_most_labels(static_cast<int>(i)));
  EXPECT_THROW(writer.finish(), std::length_error);
}

}  // namespace
}  // namespace ingot::catalog_page_test
