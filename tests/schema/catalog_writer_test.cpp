// The page writer: any catalog comes back, and a change moves no page but its own.
#include <algorithm>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fmt/format.h>

#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/segments.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "tests/support/catalog_builder.hpp"

namespace ingot::catalog_writer_test {
namespace {

using testing_support::copied_image;
using testing_support::own_image;
using testing_support::Pages;
using testing_support::read_pages;
using testing_support::server_id;
using testing_support::tombstone;
using testing_support::write_pages;

const ServerId self = server_id("self");
const ServerId other = server_id("other");
constexpr Serial newest = 1'000'000;

/// Makes entries from one random number: a catalog is too large to be drawn piece by piece.
class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t end) { return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(random_); }
  bool coin() { return below(2) == 0; }

  std::string text() {
    static const std::vector<std::string> pieces{"a", "Z", " ", "\"", "\\", "/", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                                                 "<", "{", "0"};
    std::string text;
    for (std::uint64_t i = below(12); i > 0; --i) text += pieces[below(pieces.size())];
    return text;
  }

  std::set<std::string> names() {
    std::set<std::string> chosen;
    for (std::uint64_t i = below(30); i > 0; --i) {
      const std::uint64_t number = below(60);
      chosen.insert(fmt::format("{}{}", number % 2 == 0 ? "db" : "DB_", number));
    }
    return chosen;
  }

  std::optional<ImageIdentity> parent() {
    if (coin()) return std::nullopt;
    return ImageIdentity{.origin = coin() ? self : other, .name = ImageName::of("parent"), .created = 1 + below(999)};
  }

  ImageEntry image(const std::string& name, Serial listed) {
    ImageEntry image = coin() ? own_image(self, name, listed) : copied_image(other, name, 1 + below(5), listed);
    static const std::vector<std::uint64_t> sizes{0, 1, segment_size, segment_size + 1, largest_image};
    image.size = sizes[below(sizes.size())];
    image.kind = coin() ? ImageKind::file : ImageKind::tree;
    image.version = text();
    image.platform = text();
    image.description = text();
    image.reason = text();
    for (std::uint64_t i = below(4); i > 0; --i) image.labels.emplace(text(), text());
    for (std::uint64_t i = below(4); i > 0; --i) {
      const Serial since = image.states.back().since + below(3);
      image.states.push_back({.state = coin() ? ImageState::testable : ImageState::withdrawn, .since = since});
    }
    image.parent = parent();
    image.packed.reset();
    if (coin()) {
      image.packed = Packed{.file = {io::sha256(name), 77}, .segments = segment_count(image.size), .table = {}};
      if (image.packed->segments > 1) image.packed->table = Piece{io::sha256("t"), 88};
    }
    return image;
  }

  Catalog catalog() {
    Catalog catalog;
    for (const std::string& name : names()) {
      Serial serial = 1 + below(9);
      for (std::uint64_t i = below(3); i > 0; --i) {
        catalog.deleted.push_back(tombstone(self, name, serial, serial + 1));
        catalog.deleted.back().parent = parent();
        serial += 1 + below(9);
      }
      if (coin()) catalog.images.push_back(image(name, serial));
    }
    for (const std::string& name : names()) {
      if (coin()) catalog.deleted_series.push_back({.name = SeriesName::of(name), .created = 1, .deleted = 3});
      if (coin()) continue;
      SeriesEntry series{.name = SeriesName::of(name), .created = 3, .members = {}};
      for (const std::string& member : names()) {
        series.members.push_back(
            {.image = {.origin = other, .name = ImageName::of(member), .created = 4}, .added = 3 + below(6)});
      }
      std::shuffle(series.members.begin(), series.members.end(), random_);
      catalog.series.push_back(std::move(series));
    }
    for (const std::string& name : names())
      catalog.types.push_back({.name = TypeName::of(name), .base = TypeName::of("LINUXOS")});
    return catalog;
  }

 private:
  std::mt19937 random_;
};

RC_GTEST_PROP(page_writer, gives_back_any_catalog, (unsigned seed)) {
  const Catalog catalog = Maker(seed).catalog();
  const Pages pages = write_pages(catalog);
  const auto read = read_pages(self, newest, pages);
  if (const auto* malformed = std::get_if<Malformed>(&read)) RC_FAIL(malformed->why);
  RC_ASSERT(std::get<Catalog>(read) == catalog);
  RC_ASSERT(parse_index(write_index(pages.index)) == (std::variant<Index, Malformed>(pages.index)));
  RC_ASSERT(write_pages(catalog).bytes == pages.bytes);
}

Catalog images_named(const std::set<std::string>& chosen) {
  Catalog catalog;
  for (const std::string& name : chosen) catalog.images.push_back(own_image(self, name, 5));
  return catalog;
}

std::set<std::string> many_names(int count, int salt) {
  std::set<std::string> chosen;
  for (int i = 0; i < count; ++i) chosen.insert("image-" + io::sha256(fmt::format("{} {}", salt, i)).hex().substr(0, 12));
  return chosen;
}

bool has_forced_cut(const Pages& pages) {
  return std::any_of(pages.index.pages.begin(), pages.index.pages.end(),
                     [](const PageRef& page) { return page.entries == most_page_entries; });
}

/// Pages of `after` that are not among those of `before`: what a reader has to fetch.
std::size_t new_pages(const Pages& before, const Pages& after) {
  const std::set<std::string> known(before.bytes.begin(), before.bytes.end());
  return static_cast<std::size_t>(
      std::count_if(after.bytes.begin(), after.bytes.end(), [&](const std::string& page) { return !known.contains(page); }));
}

RC_GTEST_PROP(page_writer, one_change_of_many_changes_two_pages_at_most, (int salt)) {
  auto chosen = many_names(250, salt);
  const Pages before = write_pages(images_named(chosen));
  RC_PRE(!has_forced_cut(before));
  const std::string victim = *std::next(chosen.begin(), *rc::gen::inRange(0, 250));
  Catalog changed = images_named(chosen);
  for (ImageEntry& image : changed.images) {
    if (image.name.text() == victim) image.description = "changed";
  }
  RC_ASSERT(new_pages(before, write_pages(changed)) == 1U);

  chosen.erase(victim);
  const Pages without = write_pages(images_named(chosen));
  RC_PRE(!has_forced_cut(without));
  RC_ASSERT(new_pages(before, without) <= 1U);
  RC_ASSERT(new_pages(without, before) <= 2U);
}

TEST(page_writer, deleting_an_image_moves_no_page) {
  Catalog catalog = images_named(many_names(3000, 1));
  const Pages before = write_pages(catalog);
  for (const std::size_t at : {0U, 1U, 700U, 2999U}) {
    Catalog after = catalog;
    const ImageEntry& gone = after.images[at];
    after.deleted.push_back(tombstone(self, gone.name.text(), gone.listed, 9));
    after.images.erase(after.images.begin() + static_cast<std::ptrdiff_t>(at));
    const Pages pages = write_pages(after);
    EXPECT_EQ(new_pages(before, pages), 1U);
    EXPECT_EQ(pages.bytes.size(), before.bytes.size());
  }
}

TEST(page_writer, pages_hold_about_128_entries) {
  const Pages pages = write_pages(images_named(many_names(20'000, 2)));
  EXPECT_GT(pages.bytes.size(), 110U);
  EXPECT_LT(pages.bytes.size(), 250U);
}

/// All pages within the bounds that readers hold.
void expect_bounded(const Pages& pages) {
  for (std::size_t i = 0; i < pages.bytes.size(); ++i) {
    const PageRef& page = pages.index.pages[i];
    EXPECT_LE(page.entries, most_page_entries);
    EXPECT_LE(pages.bytes[i].size(), 4U * 1024 * 1024);
    EXPECT_EQ(page.piece.length, pages.bytes[i].size());
    EXPECT_EQ(page.piece.digest, io::sha256(pages.bytes[i]));
  }
}

/// Names whose entries never end a page, as an adversary would choose them.
TEST(page_writer, names_that_never_end_a_page_are_cut_all_the_same) {
  std::set<std::string> hostile;
  for (int i = 0; hostile.size() < 2000; ++i) {
    const std::string name = fmt::format("n{:06}", i);
    if (io::sha256(fmt::format("image {} 5", name)).bytes[0] >= 2) hostile.insert(name);
  }
  const Pages pages = write_pages(images_named(hostile));
  ASSERT_EQ(pages.bytes.size(), 4U);
  EXPECT_EQ(pages.index.pages[0].entries, most_page_entries);
  expect_bounded(pages);
  EXPECT_TRUE(std::holds_alternative<Catalog>(read_pages(self, newest, pages)));
}

TEST(page_writer, names_that_always_end_a_page_get_a_page_each) {
  std::set<std::string> hostile;
  for (int i = 0; hostile.size() < 20; ++i) {
    const std::string name = fmt::format("n{:06}", i);
    if (io::sha256(fmt::format("image {} 5", name)).bytes[0] < 2) hostile.insert(name);
  }
  EXPECT_EQ(write_pages(images_named(hostile)).bytes.size(), 20U);
}

TEST(page_writer, large_entries_are_cut_by_bytes) {
  Catalog catalog = images_named(many_names(12, 3));
  for (ImageEntry& image : catalog.images) {
    for (std::size_t i = 0; i < most_labels; ++i)
      image.labels.emplace(fmt::format("{:0>4000}", i), std::string(longest_text, '"'));
  }
  const Pages pages = write_pages(catalog);
  EXPECT_GE(pages.bytes.size(), 2U);
  expect_bounded(pages);
  const auto read = read_pages(self, newest, pages);
  ASSERT_TRUE(std::holds_alternative<Catalog>(read)) << std::get<Malformed>(read).why;
  EXPECT_EQ(std::get<Catalog>(read), catalog);
}

Catalog long_series(int members) {
  Catalog catalog;
  catalog.series.push_back({.name = SeriesName::of("before"), .created = 1, .members = {}});
  catalog.series.push_back({.name = SeriesName::of("long"), .created = 1, .members = {}});
  for (int i = 0; i < members; ++i) {
    catalog.series.back().members.push_back(
        {.image = {.origin = self, .name = ImageName::of(fmt::format("i{}", i)), .created = 2}, .added = 3});
  }
  catalog.series.push_back({.name = SeriesName::of("zz"),
                            .created = 1,
                            .members = {{.image = {.origin = self, .name = ImageName::of("i1"), .created = 2}, .added = 3}}});
  return catalog;
}

TEST(page_writer, a_series_of_a_hundred_thousand_goes_over_many_pages) {
  const Catalog catalog = long_series(100'000);
  const Pages pages = write_pages(catalog);
  EXPECT_GT(pages.bytes.size(), 500U);
  expect_bounded(pages);
  EXPECT_TRUE(std::holds_alternative<Index>(parse_index(write_index(pages.index))));
  const auto read = read_pages(self, newest, pages);
  ASSERT_TRUE(std::holds_alternative<Catalog>(read)) << std::get<Malformed>(read).why;
  EXPECT_EQ(std::get<Catalog>(read), catalog);
}

TEST(page_writer, a_new_member_of_a_long_series_changes_two_pages_at_most) {
  Catalog catalog = long_series(5'000);
  const Pages before = write_pages(catalog);
  catalog.series[1].members.push_back({.image = {.origin = self, .name = ImageName::of("newest"), .created = 9}, .added = 9});
  EXPECT_LE(new_pages(before, write_pages(catalog)), 2U);
}

class Writer {
 public:
  Writer() : pages_([](std::string_view bytes) { return io::sha256(bytes); }, [](const PageRef&, const std::string&) {}) {}
  PageWriter* operator->() { return &pages_; }

 private:
  PageWriter pages_;
};

TEST(page_writer, refuses_entries_out_of_order) {
  Writer names;
  names->add(own_image(self, "b", 1));
  EXPECT_THROW(names->add(own_image(self, "a", 1)), std::logic_error);
  Writer kinds;
  kinds->add(SeriesEntry{.name = SeriesName::of("a"), .created = 1, .members = {}});
  EXPECT_THROW(kinds->add(own_image(self, "b", 1)), std::logic_error);
  Writer twice;
  twice->add(own_image(self, "a", 1));
  twice->add(own_image(self, "a", 2));
  EXPECT_THROW((void)twice->finish(), std::logic_error);
  Writer same;
  same->add(tombstone(self, "a", 1, 2));
  same->add(tombstone(self, "a", 1, 3));
  EXPECT_THROW((void)same->finish(), std::logic_error);
  Writer members;
  const SeriesMember member{.image = {.origin = self, .name = ImageName::of("i"), .created = 1}, .added = 1};
  EXPECT_THROW(members->add(SeriesEntry{.name = SeriesName::of("a"), .created = 1, .members = {member, member}}),
               std::logic_error);
}

TEST(page_writer, puts_the_lives_of_one_name_in_order) {
  const auto written = [](const std::vector<int>& order) {
    std::string all;
    PageWriter writer([](std::string_view bytes) { return io::sha256(bytes); },
                      [&](const PageRef&, const std::string& bytes) { all += bytes; });
    for (const int which : order) {
      if (which == 0) writer.add(tombstone(self, "a", 1, 2));
      if (which == 1) writer.add(tombstone(self, "a", 2, 3));
      if (which == 2) writer.add(own_image(self, "a", 3));
    }
    (void)writer.finish();
    return all;
  };
  EXPECT_EQ(written({2, 1, 0}), written({0, 1, 2}));
  EXPECT_EQ(written({1, 2, 0}), written({0, 1, 2}));
}

TEST(page_writer, refuses_what_no_reader_takes) {
  const auto refuses = [](const ImageEntry& image) {
    Writer writer;
    EXPECT_THROW(writer->add(image), std::logic_error);
  };
  ImageEntry image = own_image(self, "a", 1);
  image.description = "two\nlines";
  refuses(image);
  image = own_image(self, "a", 1);
  image.version = std::string(longest_text + 1, 'x');
  refuses(image);
  image = own_image(self, "a", 1);
  image.labels = {{"k", "\xFF"}};
  refuses(image);
  image = own_image(self, "a", 1);
  image.states.clear();
  refuses(image);
  image = own_image(self, "a", 1);
  image.listed = 2;
  refuses(image);
  image = own_image(self, "a", 1);
  image.packed->segments = 2;
  refuses(image);
}

TEST(page_writer, an_empty_catalog_has_no_pages) {
  const Pages pages = write_pages({});
  EXPECT_TRUE(pages.bytes.empty());
  EXPECT_EQ(write_index(pages.index), "{\"format\":\"ingot.index/1\",\"pages\":0}\n");
}

}  // namespace
}  // namespace ingot::catalog_writer_test
