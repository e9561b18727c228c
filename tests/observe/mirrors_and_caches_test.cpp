// Several URLs for one peer (A15), and what servers say of their caches (B6, B7).
#include <filesystem>

#include "tests/observe/observing.hpp"

namespace ingot::testing_support {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class observing_mirrors : public observing {
 protected:
  observing_mirrors() { manifest_.peers[0].urls = {mirror_.url(), server_.url()}; }
  TreeServer mirror_;
};

TEST_F(observing_mirrors, A15_a_bad_mirror_does_not_block_a_good_one) {
  Publisher other("fpps-2", now_);
  other.publish({});
  const Tree good = peer_.tree();
  Tree bad_page = good;
  bad_page[path_of_page()] += "x";
  Tree bad_signature = good;
  bad_signature["head.dsse"] = other.tree().at("head.dsse");
  Tree no_page = good;
  no_page.erase(path_of_page());
  for (const auto& bad :
       {Tree{}, other.tree(), bad_page, bad_signature, no_page, Tree{{"head.dsse", "<html>"}, {"root/1.dsse", "garbage"}}}) {
    fs::remove_all(folder_.path() + "/cache");
    mirror_.serve(bad);
    const plan::PeerCatalog seen = catalog();
    EXPECT_EQ(seen.head.url, server_.url());
  }
}

TEST_F(observing_mirrors, A15_a_good_answer_of_one_vouches_for_no_other) {
  mirror_.serve(peer_.tree());
  EXPECT_EQ(catalog().head.url, mirror_.url());
  EXPECT_THAT(asked(), IsEmpty()) << "the second URL is not needed";
  mirror_.serve({});
  Publisher other("fpps-2", now_);
  other.publish({});
  Tree bad_signature = peer_.tree();
  bad_signature["head.dsse"] = other.tree().at("head.dsse");
  server_.serve(bad_signature);
  const plan::Unknown found = unknown();
  EXPECT_EQ(found.code, Code::untrusted);
  EXPECT_THAT(found.why, HasSubstr(mirror_.url()));
  EXPECT_THAT(found.why, HasSubstr(server_.url())) << "both reasons are told";
}

TEST_F(observing_mirrors, A15_a_mirror_that_lags_is_passed_over) {
  mirror_.serve(peer_.tree());
  catalog();
  publish({{"db19_24", 1}, {"db19_25", 2}});
  mirror_.serve(peer_.tree());
  catalog();
  const Tree newest = peer_.tree();
  mirror_.serve({});
  publish({{"db19_24", 1}, {"db19_25", 2}, {"db19_26", 3}});
  EXPECT_EQ(catalog().head.serial, 3U);
  mirror_.serve(newest);
  EXPECT_EQ(catalog().head.serial, 3U);
  EXPECT_THAT(catalog().remarks, IsEmpty());
}

TEST_F(observing_mirrors, R19_a_mirror_of_bytes_alone_behind_an_origin_that_is_down_is_no_attack) {
  Publisher mirror("mirror", now_);
  mirror.publish(catalog_of(mirror.id(), {{"its-own", 1}}));
  mirror.rotate_catalog_key();
  mirror.publish(catalog_of(mirror.id(), {{"its-own", 1}}));
  mirror_.serve(mirror.tree());
  EXPECT_EQ(catalog().head.url, server_.url());
  server_.serve({});
  for (const char* run : {"with the roots of the peer in the cache", "on the first contact"}) {
    SCOPED_TRACE(run);
    const plan::Unknown found = unknown();
    EXPECT_EQ(found.code, Code::unreachable) << found.why;
    EXPECT_THAT(found.why, HasSubstr("another server answers there"));
    fs::remove_all(folder_.path() + "/cache");
  }
  manifest_.peers[0].urls = {mirror_.url()};
  EXPECT_EQ(unknown().code, Code::untrusted) << "as the only URL it is the wrong one";
}

class observing_a_stale_mirror : public observing {
 protected:
  /// The peer publishes serial 2, and both are seen; then serial 1 is served again.
  observing_a_stale_mirror() {
    old_ = peer_.tree();
    publish({{"db19_24", 1}, {"db19_25", 2}});
    catalog();
    server_.serve(old_);
  }
  plan::PeerRemark remark() {
    const plan::PeerCatalog seen = catalog();
    EXPECT_EQ(seen.head.serial, 2U) << "an older catalog is never used";
    EXPECT_EQ(seen.remarks.size(), 1U);
    return seen.remarks.empty() ? plan::PeerRemark{} : seen.remarks.front();
  }
  Tree old_;
};

TEST_F(observing_a_stale_mirror, R19_what_was_seen_last_counts_and_for_an_hour_it_is_a_note) {
  now_ += hours(1) - Seconds(1);
  EXPECT_EQ(remark().code, Code::stale);
  EXPECT_THAT(remark().text, HasSubstr("serves serial 1, but serial 2 was seen before"));
  EXPECT_THAT(remark().text, HasSubstr(server_.url()));
  EXPECT_FALSE(remark().incomplete);
  now_ += Seconds(1);
  EXPECT_TRUE(remark().incomplete) << "seeing it again does not make it younger";
  server_.serve(peer_.tree());
  EXPECT_THAT(catalog().remarks, IsEmpty());
  server_.serve(old_);
  EXPECT_TRUE(remark().incomplete) << "the newer one was first seen long ago";
}

TEST_F(observing_a_stale_mirror, R19_what_was_seen_last_ends_when_it_expires) {
  now_ += hours(24 * 14);
  EXPECT_EQ(unknown().code, Code::expired);
}

TEST_F(observing_a_stale_mirror, R19_a_settled_peer_stays_settled) {
  server_.serve(peer_.tree());
  settle(catalog().head);
  server_.serve(old_);
  const plan::PeerView seen = view();
  const auto* settled = std::get_if<plan::Settled>(&seen);
  ASSERT_NE(settled, nullptr);
  ASSERT_EQ(settled->remarks.size(), 1U);
  EXPECT_EQ(settled->remarks[0].code, Code::stale);
  EXPECT_EQ(settled->notes.size(), 1U);
}

TEST_F(observing_a_stale_mirror, R19_without_the_cache_the_peer_is_unreachable) {
  fs::remove_all(folder_.path() + "/cache");
  const plan::Unknown found = unknown();
  EXPECT_EQ(found.code, Code::unreachable);
  EXPECT_EQ(found.detail_code, Code::stale);
  EXPECT_THAT(found.why, HasSubstr("the last accepted head of this peer is no longer in the cache"));
}

TEST_F(observing_a_stale_mirror, R19_a_page_that_only_the_newer_tree_has_makes_it_unreachable) {
  fs::remove(folder_.path() + "/cache/" + peer_.id().root.hex() + "/" + path_of_page());
  EXPECT_EQ(unknown().code, Code::unreachable);
  server_.put(path_of_page(), peer_.tree().at(path_of_page()));
  EXPECT_EQ(remark().code, Code::stale) << "the mirror has the page already";
}

TEST_F(observing_a_stale_mirror, R19_also_from_before_a_catalog_key_was_exchanged) {
  peer_.rotate_catalog_key();
  publish({{"db19_24", 1}, {"db19_25", 2}});
  catalog();
  server_.serve(old_);
  const plan::PeerCatalog seen = catalog();
  EXPECT_EQ(seen.head.serial, 3U);
  ASSERT_EQ(seen.remarks.size(), 1U);
  EXPECT_EQ(seen.remarks[0].code, Code::stale);
  fs::remove_all(folder_.path() + "/cache");
  EXPECT_EQ(unknown().code, Code::unreachable);
}

TEST_F(observing_a_stale_mirror, A5_a_head_of_an_older_epoch_is_untrusted) {
  peer_.rotate_catalog_key(true);
  publish({{"db19_24", 1}, {"db19_25", 2}});
  catalog();
  server_.serve(old_);
  EXPECT_EQ(unknown().code, Code::untrusted);
  fs::remove_all(folder_.path() + "/cache");
  EXPECT_EQ(unknown().code, Code::untrusted);
}

TEST_F(observing_a_stale_mirror, A15_another_url_that_is_not_to_be_trusted_outweighs_it) {
  TreeServer other;
  other.put("head.dsse", "hello");
  other.put("root/1.dsse", peer_.tree().at("root/1.dsse"));
  manifest_.peers[0].urls = {server_.url(), other.url()};
  EXPECT_EQ(unknown().code, Code::untrusted);
}

TEST_F(observing, B6_B7_no_validator_hides_a_newer_head) {
  catalog();
  publish({{"db19_24", 1}, {"db19_25", 2}});
  server_.instead("head.dsse", [this](const Asked& asked) {
    EXPECT_FALSE(asked.headers.contains("if-none-match"));
    EXPECT_FALSE(asked.headers.contains("if-modified-since"));
    return Answer{200, peer_.tree().at("head.dsse"), "text/plain", {{"ETag", "\"same\""}}};
  });
  EXPECT_EQ(catalog().head.serial, 2U);
  publish({{"db19_24", 1}, {"db19_25", 2}, {"db19_26", 3}});
  EXPECT_EQ(catalog().head.serial, 3U);
}

TEST_F(observing, B6_an_answer_of_304_is_no_head) {
  catalog();
  server_.instead("head.dsse", [](const Asked&) { return Answer{304, "", "", {}}; });
  expect_unknown("unreachable", "", "304");
}

TEST_F(observing, B6_a_damaged_cache_is_fetched_anew) {
  catalog();
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path() + "/cache")) {
    if (entry.is_regular_file()) fs::resize_file(entry.path(), 5);
  }
  EXPECT_THAT(names(), ElementsAre("db19_24"));
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

}  // namespace
}  // namespace ingot::testing_support
