// R1-R5 with the built binary: identity, registration, names, unregistering.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::TestFolder;

struct Peers : testing::Test {
  TestFolder folder;
};

TEST_F(Peers, R1_a_peer_may_bear_the_same_name_as_this_server) {
  const std::string left = folder / "left", right = folder / "right";
  Site here(left, "gold"), there(right, "gold");
  there.manifest(there.file_image("db19", "bytes of db19"));
  there.apply();
  here.manifest(here.file_image("own", "own bytes") + Site::peer(there) +
                "[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n");
  here.apply();
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
  const Json images = here.query({"images"}).at("images");
  ASSERT_EQ(images.size(), 2U);
  for (const auto& image : images) {
    const bool copy = image.at("name") == "db19";
    EXPECT_EQ(image.at("origin").at("id"), copy ? there.identity() : here.identity());
    EXPECT_EQ(image.at("copied_from").is_null(), !copy);
  }
}

TEST_F(Peers, R1_a_peer_with_this_servers_own_root_is_skipped_and_noted) {
  Site here(folder.path(), "gold");
  here.manifest(Site::peer(here, "", "myself") + "[[subscription]]\npeer = \"myself\"\nall = true\n");
  const Json plan = here.plan();
  EXPECT_EQ(plan.at("actions").size(), 0U) << plan.dump(1);
  EXPECT_THAT(entries(plan, "notes"), Contains(HasSubstr("own-peer")));
  EXPECT_TRUE(plan.at("complete"));
}

TEST_F(Peers, R1_two_peers_with_one_root_are_an_error_that_names_both) {
  Site here(folder.path(), "gold"), there(folder.path(), "silver");
  here.manifest(Site::peer(there) + Site::peer(there, "", "other"));
  const Ran ran = here.ingot({"validate", "--json"});
  EXPECT_EQ(ran.exit, 65);
  const Json problems = Json::parse(ran.out);
  EXPECT_EQ(problems.at("format"), "ingot.problems/1");
  EXPECT_THAT(ran.out, HasSubstr("silver"));
  EXPECT_THAT(ran.out, HasSubstr("other"));
}

TEST_F(Peers, R2_a_peer_named_like_a_client_or_target_is_refused_by_validate) {
  Site here(folder.path(), "gold"), there(folder.path(), "Rack7");
  testing_support::write_text(here.path() + "/ingot.toml",
                              "manifest = 1\n[server]\nname = \"gold\"\nclients = [\"rack7\"]\n" + Site::peer(there));
  const Ran by_name = here.ingot({"validate"});
  EXPECT_EQ(by_name.exit, 65);
  EXPECT_THAT(by_name.err, HasSubstr("ingot.toml:6:8:"));
  EXPECT_THAT(by_name.err, HasSubstr("ingot.toml:4:12"));
  testing_support::write_text(here.path() + "/ingot.toml", "manifest = 1\n[server]\nname = \"gold\"\ntargets = [\"rack7\"]\n" +
                                                               Site::peer(there, "", "innocent"));
  EXPECT_EQ(here.ingot({"validate"}).exit, 65) << "the name in the card counts too";
}

TEST_F(Peers, R3_registration_is_one_sided_and_verifies_the_head_against_the_card) {
  Site here(folder.path(), "gold"), there(folder.path(), "silver"), imposter(folder.path(), "brass");
  here.manifest(Site::peer(there));
  EXPECT_THAT(actions(here.plan()), ElementsAre("register peer.silver"));
  here.apply();
  EXPECT_EQ(there.query({"peers"}).at("peers").size(), 0U);
  // Another server's tree at the address of the card.
  Site other(folder.path(), "copper");
  std::string card = testing_support::read_text(there.card());
  card.replace(card.find(there.web().url()), there.web().url().size(), imposter.web().url());
  testing_support::write_text(other.path() + "/silver.card.toml", card);
  other.manifest("[[peer]]\nname = \"silver\"\ncard = \"silver.card.toml\"\n");
  const Json plan = other.plan(4);
  EXPECT_THAT(entries(plan, "unknown"), ElementsAre("untrusted silver"));
  EXPECT_FALSE(plan.at("complete"));
  EXPECT_THAT(actions(plan), Not(Contains("register peer.silver")));
}

TEST_F(Peers, R4_copies_of_a_peer_are_listed_but_never_copied_on) {
  Site origin(folder.path(), "origin"), middle(folder.path(), "middle"), end(folder.path(), "end");
  origin.manifest(origin.file_image("db19", "bytes of db19"));
  origin.apply();
  middle.manifest(Site::peer(origin) + "[[subscription]]\npeer = \"origin\"\nall = true\nsince = \"start\"\n");
  middle.apply();
  end.manifest(Site::peer(middle) + "[[subscription]]\npeer = \"middle\"\nall = true\nsince = \"start\"\n");
  EXPECT_THAT(actions(end.plan()), ElementsAre("register peer.middle", "instantiate subscription.middle.all"));
  end.apply();
  const Json listed = end.query({"images", "--peer", "middle"}).at("images");
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].at("copied_from"), "origin");
  EXPECT_EQ(listed[0].at("origin").at("id"), origin.identity());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(middle.public_folder() + "/b")) {
    EXPECT_FALSE(entry.is_regular_file()) << "the bytes of a copy are published: " << entry.path();
  }
}

TEST_F(Peers, R4_publish_copies_serves_the_bytes_that_the_origin_authorises) {
  Site origin(folder.path(), "origin"), middle(folder.path(), "middle"), end(folder.path(), "end");
  origin.manifest(origin.file_image("db19", "bytes of db19"));
  origin.apply();
  testing_support::write_text(middle.path() + "/ingot.toml",
                              "manifest = 1\n[server]\nname = \"middle\"\npublish_copies = true\n" + Site::peer(origin) +
                                  "[[subscription]]\npeer = \"origin\"\nall = true\nsince = \"start\"\n");
  middle.apply();
  end.manifest(Site::peer(middle) + "[[subscription]]\npeer = \"middle\"\nall = true\nsince = \"start\"\n");
  EXPECT_THAT(actions(end.plan()), Not(Contains(HasSubstr("copy "))));
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(middle.public_folder() + "/b"))
    files += entry.is_regular_file() ? 1U : 0U;
  EXPECT_EQ(files, 1U);
}

TEST_F(Peers, R5_a_removed_peer_is_uninstantiated_then_unregistered_and_its_copies_stay) {
  Site here(folder.path(), "gold"), there(folder.path(), "silver");
  there.manifest(there.file_image("db19", "bytes of db19"));
  there.apply();
  here.manifest(Site::peer(there) + "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n");
  here.apply();
  here.manifest(here.file_image("own", "own"));
  there.web().stop();  // the manifest is evidence enough
  const Json plan = here.plan();
  EXPECT_THAT(actions(plan),
              ElementsAre("add image.own", "publish catalog", "uninstantiate subscription.silver.all", "unregister peer.silver"));
  EXPECT_TRUE(action(plan, "peer.silver").at("because")[0].at("at").is_null());
  here.apply();
  EXPECT_EQ(here.query({"images"}).at("images").size(), 2U);
  EXPECT_EQ(here.query({"peers"}).at("peers").size(), 0U);
}

TEST_F(Peers, R5_a_subscription_of_an_unknown_peer_is_a_manifest_error_with_the_nearest_name) {
  Site here(folder.path(), "gold"), there(folder.path(), "silver");
  here.manifest(Site::peer(there) + "[[subscription]]\npeer = \"silvr\"\nall = true\n");
  const Ran ran = here.ingot({"plan"});
  EXPECT_EQ(ran.exit, 65);
  EXPECT_THAT(ran.err, HasSubstr("silvr"));
  EXPECT_THAT(ran.err, HasSubstr("\"silver\""));
}

TEST_F(Peers, R5_another_name_for_the_same_root_is_an_update_that_keeps_baseline_and_copies) {
  Site here(folder.path(), "gold"), there(folder.path(), "silver");
  there.manifest(there.file_image("db19", "bytes of db19"));
  there.apply();
  here.manifest(Site::peer(there) + "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n");
  here.apply();
  here.manifest(Site::peer(there, "", "argentum") + "[[subscription]]\npeer = \"argentum\"\nall = true\nsince = \"start\"\n");
  const Json plan = here.plan();
  EXPECT_THAT(actions(plan), Contains("update peer.argentum"));
  EXPECT_THAT(actions(plan), Not(Contains(HasSubstr("instantiate"))));
  EXPECT_THAT(actions(plan), Not(Contains(HasSubstr("copy copy"))));
  here.apply();
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
  EXPECT_EQ(here.query({"subscriptions"}).at("subscriptions")[0].at("peer"), "argentum");
}

TEST_F(Peers, R5_another_root_under_the_same_name_is_untrusted_until_replaces_says_so) {
  Site here(folder.path(), "gold"), there(folder.path() + "/a", "silver"), fresh(folder.path() + "/b", "silver");
  here.manifest(Site::peer(there));
  here.apply();
  here.manifest(Site::peer(fresh));
  const Json plan = here.plan(4);
  EXPECT_THAT(entries(plan, "unknown"), ElementsAre("untrusted silver"));
  EXPECT_THAT(plan.at("unknown")[0].at("text").get<std::string>(), HasSubstr("replaces"));
  here.manifest(Site::peer(fresh, "replaces = \"" + there.identity() + "\"\n"));
  EXPECT_THAT(actions(here.plan()), ElementsAre("update peer.silver"));
  here.apply();
  EXPECT_EQ(here.query({"peers"}).at("peers")[0].at("id"), fresh.identity());
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
}

}  // namespace
}  // namespace ingot::scenarios
