// What was in a catalog stays in it (R19), and pieces that are not there yet (B15, N9).
#include <filesystem>

#include "tests/observe/observing.hpp"

namespace ingot::testing_support {
namespace {

using testing::ElementsAre;

TEST_F(observing, R19_an_image_that_vanished_without_a_tombstone_is_untrusted_and_stays_so) {
  publish({{"db19_24", 1}, {"db19_25", 2}});
  catalog();
  publish({{"db19_25", 2}});
  for (int run = 0; run < 2; ++run) expect_unknown("untrusted", "vanished", "\"db19_24\"");
  EXPECT_EQ(unknown().last->serial, 2U) << "the last good head is still the one before";
}

TEST_F(observing, R30_vanishing_is_noticed_where_only_the_last_head_is_known_as_another_machine_read_its_catalog) {
  publish({{"db19_24", 1}, {"db19_25", 2}});
  catalog();
  std::filesystem::remove_all(folder_.path() + "/cache/" + peer_.id().root.hex() + "/c");
  publish({{"db19_25", 2}});
  for (int run = 0; run < 2; ++run) expect_unknown("untrusted", "vanished", "\"db19_24\"");
}

TEST_F(observing, R19_pages_that_the_peer_has_no_more_cannot_be_compared) {
  catalog();
  std::filesystem::remove_all(folder_.path() + "/cache/" + peer_.id().root.hex() + "/c");
  peer_.tree().erase(path_of_index());
  publish({{"db19_25", 2}});
  EXPECT_THAT(names(), ElementsAre("db19_25"));
}

TEST_F(observing, R19_an_image_with_a_tombstone_has_not_vanished) {
  publish({{"db19_24", 1}, {"db19_25", 2}});
  catalog();
  Catalog next = catalog_of(peer_.id(), {{"db19_25", 2}});
  next.deleted.push_back(tombstone(peer_.id(), "db19_24", 1, 3));
  publish(next);
  EXPECT_THAT(names(), ElementsAre("db19_25"));
  publish({{"db19_25", 2}});
  expect_unknown("untrusted", "vanished", "\"db19_24\"");
}

TEST_F(observing, R19_a_name_that_bears_another_image_now_needs_the_tombstone_of_the_first) {
  catalog();
  Catalog next = catalog_of(peer_.id(), {{"db19_24", 2}});
  publish(next);
  expect_unknown("untrusted", "vanished", "\"db19_24\"");
  next.deleted.push_back(tombstone(peer_.id(), "db19_24", 1, 2));
  next.images[0] = own_image(peer_.id(), "db19_24", 3);
  publish(next);
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

TEST_F(observing, R19_a_series_that_vanished_is_untrusted_and_one_that_ended_is_not) {
  Catalog with = catalog_of(peer_.id(), {{"db19_24", 1}});
  with.series.push_back({.name = SeriesName::of("db19"), .created = 2, .members = {{with.images[0].identity, 2}}});
  publish(with);
  catalog();
  Catalog without = catalog_of(peer_.id(), {{"db19_24", 1}});
  publish(without);
  expect_unknown("untrusted", "vanished", "\"db19\"");
  without.deleted_series.push_back({.name = SeriesName::of("db19"), .created = 2, .deleted = 3});
  publish(without);
  catalog();
}

TEST_F(observing, R19_copies_may_go_and_members_may_be_unknown) {
  Catalog with = catalog_of(peer_.id(), {{"db19_24", 1}});
  with.images.push_back(copied_image(server_id("third"), "other", 5, 2));
  with.series.push_back({.name = SeriesName::of("db19"),
                         .created = 2,
                         .members = {{ImageIdentity{server_id("third"), ImageName::of("unseen"), 3}, 2}}});
  publish(with);
  catalog();
  with.images.pop_back();
  publish(with);
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

TEST_F(observing, R19_vanishing_is_noticed_in_a_large_catalog) {
  std::vector<std::pair<std::string, Serial>> images;
  for (int i = 0; i < 2000; ++i) images.emplace_back("image" + std::to_string(100'000 + i), 2);
  publish(images);
  catalog();
  images.erase(images.begin() + 1234);
  publish(images);
  expect_unknown("untrusted", "vanished", "image101234");
}

TEST_F(observing, R21_what_a_new_epoch_does_not_know_has_not_vanished) {
  publish({{"db19_24", 1}, {"of-a-thief", 2}});
  catalog();
  peer_.rotate_catalog_key(true);
  publish({{"db19_24", 1}});
  EXPECT_THAT(names(), ElementsAre("db19_24"));
  publish({{"db19_25", 4}});
  expect_unknown("untrusted", "vanished", "\"db19_24\"");
}

/// Bytes in the cache of the peer's pages.
std::uintmax_t bytes_in(const std::string& folder) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

TEST_F(observing, A13_a_new_malformed_catalog_for_each_poll_fills_no_disk) {
  catalog();
  const auto before = bytes_in(folder_.path() + "/cache");
  for (int poll = 0; poll < 4; ++poll) {
    std::vector<std::pair<std::string, Serial>> images;
    for (int i = 0; i < 1500; ++i) images.emplace_back("image" + std::to_string(100'000 + i + poll), 2);
    peer_.publish(catalog_of(peer_.id(), images));
    Index index = peer_.index();
    const std::string bad = "not a page of poll " + std::to_string(poll);
    index.pages.back().piece = Publisher::piece_of(bad);
    const std::string bytes = write_index(index);
    peer_.tree()["c/" + io::sha256(bad).hex()] = bad;
    peer_.tree()["c/" + io::sha256(bytes).hex()] = bytes;
    Head head = peer_.head();
    head.index = Publisher::piece_of(bytes);
    peer_.tree()["head.dsse"] = peer_.signed_head(head);
    server_.serve(peer_.tree());
    expect_unknown("untrusted", "malformed");
    EXPECT_EQ(bytes_in(folder_.path() + "/cache"), before);
  }
}

TEST_F(observing, A13_a_new_catalog_without_its_last_page_for_each_poll_keeps_the_pages_of_one) {
  std::uintmax_t first = 0;
  for (int poll = 0; poll < 4; ++poll) {
    std::vector<std::pair<std::string, Serial>> images;
    for (int i = 0; i < 1500; ++i) images.emplace_back("image" + std::to_string(100'000 + i + 10'000 * poll), 2);
    publish(images);
    const std::string last = path_of_page(peer_.index().pages.size() - 1);
    server_.remove(last);
    expect_unknown("unreachable", "missing-piece");
    const auto bytes = bytes_in(folder_.path() + "/cache");
    if (poll == 0) first = bytes;
    EXPECT_LE(bytes, first + first / 10);
  }
  server_.serve(peer_.tree());
  asked();
  catalog();
  EXPECT_THAT(asked(), testing::SizeIs(testing::Lt(4U))) << "the head, and what was missing: the rest was kept";
}

TEST_F(observing, B15_a_missing_piece_makes_it_ask_for_the_head_again) {
  const Tree old = peer_.tree();
  const std::string lost = path_of_page();
  publish({{"db19_24", 1}, {"db19_25", 2}});
  Tree mixed = peer_.tree();
  mixed.erase(lost);
  server_.serve(mixed);
  int heads = 0;
  server_.instead("head.dsse", [&](const Asked&) {
    return Answer{200, ++heads == 1 ? old.at("head.dsse") : mixed.at("head.dsse"), "text/plain", {}};
  });
  EXPECT_EQ(catalog().head.serial, 2U) << "the publisher had moved on";
  EXPECT_EQ(heads, 2);
}

TEST_F(observing, B15_a_piece_that_stays_missing_is_unreachable_and_N9_recovers) {
  catalog();
  publish({{"db19_24", 1}, {"db19_25", 2}});
  server_.remove(path_of_page());
  expect_unknown("unreachable", "missing-piece");
  EXPECT_EQ(unknown().last->serial, 1U) << "N9: the old head is still the last good one";
  EXPECT_EQ(memory_->floor(peer_.id())->serial, 2U) << "but its number is remembered";
  server_.serve(peer_.tree());
  EXPECT_EQ(catalog().head.serial, 2U);
}

}  // namespace
}  // namespace ingot::testing_support
