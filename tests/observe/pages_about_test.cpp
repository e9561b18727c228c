// A question about one image reads the pages that can have it, and is told what the whole catalog would say.
#include <filesystem>

#include "reconciler/observe/cached_catalog.hpp"
#include "tests/observe/observing.hpp"

namespace ingot::testing_support {
namespace {

class pages_about : public observing {
 protected:
  /// 3,000 images and a series of some; one name runs over several pages, because 1,200 images of it were deleted.
  pages_about() {
    for (int i = 0; i < 3000; ++i) whole_.images.push_back(own_image(peer_.id(), "image" + std::to_string(10'000 + i), 2));
    for (Serial serial = 3; serial < 1203; ++serial)
      whole_.deleted.push_back(tombstone(peer_.id(), "image11500", serial, serial + 1));
    whole_.images[1500] = own_image(peer_.id(), "image11500", 1300);
    whole_.series.push_back({.name = SeriesName::of("some"), .created = 2, .members = {{whole_.images[7].identity, 2}}});
    publish_whole();
  }
  void publish_whole() {
    peer_.publish(whole_, serial_ += 2000);
    server_.serve(peer_.tree());
  }

  /// What a catalog says of a name.
  static Catalog of_name(const Catalog& catalog, const std::string& name) {
    Catalog found;
    for (const auto& image : catalog.images) {
      if (image.name.text() == name) found.images.push_back(image);
    }
    for (const auto& gone : catalog.deleted) {
      if (gone.identity.name.text() == name) found.deleted.push_back(gone);
    }
    found.series = catalog.series;
    return found;
  }
  void ask_about(const std::string& name) { questions_.only_about = {ImageName::of(name)}; }

  Catalog whole_;
  Serial serial_ = 0;
};

TEST_F(pages_about, say_of_every_name_what_the_whole_catalog_says) {
  const Index& index = peer_.index();
  std::vector<std::string> names{"a", "image1", "image11499", "image11500", "image11501", "image12999", "image13000", "z"};
  for (const auto& page : index.pages) {
    if (page.kind == PageKind::images) names.insert(names.end(), {page.first, page.first + "x"});
  }
  for (const auto& name : names) {
    ask_about(name);
    EXPECT_EQ(of_name(*catalog().catalog, name), of_name(whole_, name)) << name;
  }
  EXPECT_EQ(of_name(whole_, "image11500").deleted.size(), 1200U);
}

TEST_F(pages_about, are_few_however_many_there_are) {
  ASSERT_GT(peer_.index().pages.size(), 20U);
  ask_about("image10007");
  asked();
  catalog();
  EXPECT_LE(asked().size(), 5U) << "the root, the head, the index, its page, the page of series";
  catalog();
  EXPECT_THAT(asked(), testing::ElementsAre("head.dsse")) << "the others are in the cache";
}

TEST_F(pages_about, are_read_of_a_settled_peer_and_the_whole_catalog_of_one_with_news) {
  settle(catalog().head);
  questions_.about_settled = {ImageName::of("image10007")};
  const plan::PeerView seen = view();
  const auto* settled = std::get_if<plan::Settled>(&seen);
  ASSERT_NE(settled, nullptr);
  EXPECT_EQ(of_name(*settled->about, "image10007"), of_name(whole_, "image10007"));
  EXPECT_LT(settled->about->images.size(), 1000U);
  const auto with_rule = [&](const Selector& selector, std::optional<std::uint32_t> latest) {
    SubscriptionOptions options;
    options.latest = latest;
    manifest_.subscriptions = {{.peer = manifest_.peers[0].name, .selector = selector, .options = options, .at = {}}};
    return std::holds_alternative<plan::Settled>(view());
  };
  EXPECT_TRUE(with_rule(SelectSeries{SeriesName::of("some")}, {}));
  EXPECT_FALSE(with_rule(SelectSeries{SeriesName::of("some")}, 1)) << "the other members decide, too";
  EXPECT_FALSE(with_rule(SelectImage{ImageName::of("image10001")}, {})) << "the ancestors decide, too";
  manifest_.subscriptions.clear();
  publish_whole();
  questions_.known[0].rules = io::sha256("other rules");
  EXPECT_EQ(catalog().catalog->images.size(), 3000U);
}

TEST_F(pages_about, are_verified) {
  const Index index = observe::pages_about(peer_.index(), {ImageName::of("image10007")});
  ASSERT_GE(index.pages.size(), 2U);
  ask_about("image10007");
  for (const auto& page : index.pages) {
    const std::string path = "c/" + page.piece.digest.hex();
    server_.put(path, std::string(page.piece.length, 'x'));
    expect_unknown("untrusted", "bad-digest");
    server_.put(path, peer_.tree().at(path));
  }
  catalog();
}

TEST_F(pages_about, R19_an_image_that_vanished_is_noticed_by_who_asks_about_it) {
  catalog();
  whole_.images.erase(whole_.images.begin() + 1234);
  publish_whole();
  ask_about("image11234");
  expect_unknown("untrusted", "vanished", "image11234");
  ask_about("image12345");
  EXPECT_EQ(of_name(*catalog().catalog, "image12345").images.size(), 1U);
  questions_.only_about = {};
  expect_unknown("untrusted", "vanished", "image11234");
}

TEST_F(pages_about, R19_a_head_of_which_a_part_was_read_is_not_the_last_good_one) {
  const Serial before = catalog().head.serial;
  publish_whole();
  ask_about("image10007");
  EXPECT_GT(catalog().head.serial, before);
  EXPECT_EQ(memory_->floor(peer_.id())->serial, peer_.head().serial) << "an older head is refused from now on";
  server_.put("head.dsse", "");
  EXPECT_EQ(unknown().last->serial, before);
  const auto cached = observe::cached_catalog(*memory_, peer_.id(), questions_.only_about);
  ASSERT_TRUE(cached);
  EXPECT_EQ(of_name(*cached->catalog, "image10007"), of_name(whole_, "image10007"));
  EXPECT_LT(cached->catalog->images.size(), 1000U);
}

TEST_F(pages_about, R19_a_head_of_which_a_part_was_read_counts_behind_a_mirror_that_is_behind) {
  catalog();
  const Tree old = peer_.tree();
  publish_whole();
  ask_about("image10007");
  const Serial newest = catalog().head.serial;
  server_.serve(old);
  const plan::PeerCatalog seen = catalog();
  EXPECT_EQ(seen.head.serial, newest);
  ASSERT_EQ(seen.remarks.size(), 1U);
  EXPECT_EQ(seen.remarks[0].code, Code::stale);
}

TEST_F(pages_about, of_a_settled_peer_that_publishes_meanwhile_are_those_of_the_newer_head) {
  const plan::SeenHead before = catalog().head;
  settle(before);
  const std::string old_head = peer_.tree().at("head.dsse");
  const auto old_pages = peer_.index().pages;
  for (auto& image : whole_.images) image.description = "new";
  publish_whole();
  Tree tree = peer_.tree();
  const auto& pages = peer_.index().pages;
  for (const auto& page : old_pages) {
    if (std::find(pages.begin(), pages.end(), page) == pages.end()) tree.erase("c/" + page.piece.digest.hex());
  }
  server_.serve(tree);
  int asked_for_head = 0;
  server_.instead("head.dsse", [&](const Asked&) {
    return Answer{200, asked_for_head++ == 0 ? old_head : peer_.tree().at("head.dsse"), "text/plain", {}};
  });
  std::filesystem::remove_all(folder_.path() + "/cache/" + peer_.id().root.hex() + "/c");
  questions_.about_settled = {ImageName::of("image10007")};
  const plan::PeerCatalog seen = catalog();
  EXPECT_GT(seen.head.serial, before.serial);
  EXPECT_EQ(of_name(*seen.catalog, "image10007"), of_name(whole_, "image10007"));
}

}  // namespace
}  // namespace ingot::testing_support
