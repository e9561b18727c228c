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
    const PeerCatalog seen = catalog();
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
  server_.serve(other.tree());
  const Unknown found = unknown();
  EXPECT_EQ(found.code, "untrusted");
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
  server_.serve({});
  EXPECT_EQ(unknown().detail_code, "rollback") << "with no better answer it is one";
}

TEST_F(observing_mirrors, B7_validators_of_one_url_are_not_sent_to_another) {
  mirror_.serve(peer_.tree());
  catalog();
  mirror_.serve({});
  catalog();
  for (const auto& question : server_.asked()) EXPECT_FALSE(question.headers.contains("if-none-match"));
}

TEST_F(observing, B6_a_server_that_always_answers_304_is_judged_by_the_heads_own_end) {
  catalog();
  server_.instead("head.dsse", [](const Asked&) { return Answer{304, "", "", {}}; });
  catalog();
  now_ += hours(24 * 15);
  EXPECT_EQ(unknown().code, "unreachable") << "it was asked plainly, and had no answer to that";
}

TEST_F(observing, B6_304_with_nothing_cached_is_no_answer) {
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

TEST_F(observing, B7_an_etag_that_lies_delays_news_and_no_more) {
  catalog();
  publish({{"db19_24", 1}, {"db19_25", 2}});
  server_.instead("head.dsse", [this](const Asked& asked) {
    return asked.headers.contains("if-none-match")
               ? Answer{304, "", "", {}}
               : Answer{200, peer_.tree().at("head.dsse"), "text/plain", {{"ETag", "\"same\""}}};
  });
  EXPECT_EQ(catalog().head.serial, 1U);
  peer_.set_now(now_ += hours(24 * 15));
  publish({{"db19_24", 1}, {"db19_25", 2}});
  EXPECT_EQ(catalog().head.serial, 3U) << "when the old head is over it is asked for plainly";
}

}  // namespace
}  // namespace ingot::testing_support
