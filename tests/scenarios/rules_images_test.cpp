// R15-R18 with the built binary: private images, updates, deletion, series, immutability.
#include <algorithm>
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

struct Images : testing::Test {
  TestFolder folder;
  Site here{folder.path(), "gold"};

  std::string image(const std::string& name, const std::string& more = "") {
    return here.file_image(name, "bytes of " + name, more);
  }
  static std::string series(const std::string& name, const std::string& images) {
    return "[[series]]\nname = \"" + name + "\"\nimages = [" + images + "]\n\n";
  }
  /// Everything that is published, as one text (packed bytes unpacked).
  std::string published() const {
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(here.public_folder())) {
      if (!entry.is_regular_file()) continue;
      all += entry.path().string() + "\n" + testing_support::read_text(entry.path());
      all += testing_support::run({.arguments = {"zstd", "-dcq", entry.path()}, .folder = "", .environment = {}}).out;
    }
    return all;
  }
};

TEST_F(Images, R15_nothing_of_a_private_image_is_published_and_its_public_child_names_the_nearest_public_ancestor) {
  here.manifest("[[imagetype]]\nname = \"HIDDENTYPE\"\nbase = \"SOFTWARE\"\n\n" + image("base") +
                image("secret", "parent = \"base\"\nprivate = true\ntype = \"HIDDENTYPE\"\n") +
                image("child", "parent = \"secret\"\n") + series("hiddenseries", "\"secret\"") +
                series("mixed", "\"base\", \"secret\", \"child\""));
  here.apply();
  const std::string all = published();
  EXPECT_THAT(all, HasSubstr("\"child\""));
  EXPECT_THAT(all, Not(HasSubstr("secret")));
  EXPECT_THAT(all, Not(HasSubstr("HIDDENTYPE")));
  EXPECT_THAT(all, Not(HasSubstr("hiddenseries")));
  EXPECT_THAT(all, Not(HasSubstr("sources/")));
  Json secret;
  const Json listed = here.query({"images"});
  for (const auto& one : listed.at("images")) {
    if (one.at("name") == "secret") secret = one;
  }
  ASSERT_FALSE(secret.is_null());
  EXPECT_THAT(all, Not(HasSubstr(secret.at("digest").get<std::string>().substr(7))));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(here.public_folder() + "/c")) {
    const std::string text = testing_support::read_text(entry.path());
    if (text.find("\"child\"") == std::string::npos || text.find("\"parent\"") == std::string::npos) continue;
    EXPECT_THAT(text, HasSubstr("\"base\""));
  }
}

TEST_F(Images, R15_private_may_become_public_and_never_private_again) {
  here.manifest(image("x", "private = true\n"));
  here.apply();
  here.manifest(image("x"));
  EXPECT_THAT(actions(here.plan()), ElementsAre("update image.x", "publish catalog"));
  here.apply();
  EXPECT_THAT(published(), HasSubstr("bytes of x"));
  const Json row = here.query({"images"}).at("images")[0];
  EXPECT_GT(row.at("serial").get<int>(), 1);
  here.manifest(image("x", "private = true\n"));
  EXPECT_THAT(entries(here.plan(3), "blocked"), ElementsAre("already-published image.x"));
}

TEST_F(Images, R16_describing_keys_are_updated_type_and_parent_are_immutable) {
  here.manifest(image("a") + image("x"));
  here.apply();
  here.manifest(image("a") + image("x", "version = \"2\"\nlabels = { team = \"dba\" }\nstate = \"RESTRICTED\"\n"));
  EXPECT_THAT(actions(here.plan()), ElementsAre("update image.x", "publish catalog"));
  here.apply();
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
  here.manifest(
      image("a") +
      image("x", "parent = \"a\"\ntype = \"LINUXOS\"\nversion = \"2\"\nlabels = { team = \"dba\" }\nstate = \"RESTRICTED\"\n"));
  EXPECT_THAT(entries(here.plan(3), "blocked"), ElementsAre("immutable image.x"));
}

TEST_F(Images, R16_only_what_the_manifest_managed_and_dropped_is_deleted_and_the_bytes_stay) {
  here.manifest(image("keep") + image("drop"));
  here.apply();
  here.manifest(image("keep"));
  EXPECT_THAT(actions(here.plan()), ElementsAre("publish catalog", "delete image.drop"));
  here.apply();
  EXPECT_EQ(here.query({"images"}).at("images").size(), 1U);
  EXPECT_THAT(published(), HasSubstr("bytes of drop")) << "bytes go by gc";
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
}

TEST_F(Images, R16_protect_refuses_removal_until_protect_false_was_applied) {
  here.manifest(image("keep") + image("drop", "protect = true\n"));
  here.apply();
  here.manifest(image("keep"));
  EXPECT_THAT(entries(here.plan(7), "held"), ElementsAre("protected image.drop"));
  here.apply(7);
  EXPECT_EQ(here.query({"images"}).at("images").size(), 2U);
  here.manifest(image("keep") + image("drop"));
  here.apply();
  here.manifest(image("keep"));
  here.apply();
  EXPECT_EQ(here.query({"images"}).at("images").size(), 1U);
}

TEST_F(Images, R17_a_series_of_an_image_that_is_nowhere_is_blocked_unless_a_subscription_may_bring_it) {
  Site there(folder.path(), "silver");
  there.manifest(there.file_image("db1", "bytes"));
  there.apply();
  here.manifest(image("a") + series("s", "\"a\", \"db1\""));
  const Ran alone = here.ingot({"plan", "--json"});
  EXPECT_TRUE(alone.exit == 3 || alone.exit == 65) << alone.exit << alone.out << alone.err;
  EXPECT_THAT(alone.out + alone.err, HasSubstr("db1"));
  here.manifest(image("a") + series("s", "\"a\", \"db1\", \"db2\"") + Site::peer(there) +
                "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n");
  here.apply(3);
  const Json blocked = here.plan(3);
  EXPECT_EQ(blocked.at("actions").size(), 0U) << blocked.dump(1);
  EXPECT_THAT(entries(blocked, "blocked"), ElementsAre("unknown-image series.s")) << "no peer ever had db2";
  EXPECT_THAT(here.query({"series"}).at("series")[0].at("images"), ElementsAre("a", "db1"));
  there.manifest(there.file_image("db1", "bytes") + there.file_image("db2", "bytes 2"));
  there.apply();
  here.apply();
  EXPECT_THAT(here.query({"series"}).at("series")[0].at("images"), ElementsAre("a", "db1", "db2"));
}

TEST_F(Images, R17_a_followed_series_is_the_copies_here_in_the_origins_order) {
  Site there(folder.path(), "silver");
  const std::string images = there.file_image("v1", "1") + there.file_image("v2", "2") + there.file_image("v3", "3");
  there.manifest(images + series("s", "\"v3\", \"v1\", \"v2\""));
  there.apply();
  here.manifest(Site::peer(there) + "[[subscription]]\npeer = \"silver\"\nseries = \"s\"\nsince = \"start\"\n" +
                "[[series]]\nname = \"mine\"\nfollow = { peer = \"silver\", series = \"s\" }\n");
  here.apply();
  EXPECT_THAT(here.query({"series"}).at("series")[0].at("images"), ElementsAre("v3", "v1", "v2"));
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
  there.manifest(images + series("s", "\"v1\", \"v2\", \"v3\""));
  there.apply();
  EXPECT_THAT(actions(here.plan()), Contains("update series.mine"));
  here.apply();
  EXPECT_THAT(here.query({"series"}).at("series")[0].at("images"), ElementsAre("v1", "v2", "v3"));
}

TEST_F(Images, R18_a_changed_source_is_a_note_and_nothing_is_replaced) {
  here.manifest(image("x"));
  here.apply();
  const Json before = here.query({"images"});
  here.manifest(here.file_image("x", "other and longer bytes"));
  const Json plan = here.plan();
  EXPECT_EQ(plan.at("actions").size(), 0U);
  EXPECT_THAT(entries(plan, "notes"), ElementsAre("source-changed image.x"));
  here.apply();
  EXPECT_EQ(here.query({"images"}), before);
}

TEST_F(Images, R18_a_gone_source_is_fine_and_an_image_put_back_is_the_same_without_its_source) {
  here.manifest(image("keep") + image("x"));
  here.apply();
  const Json before = here.query({"images", "x"});
  std::filesystem::remove(here.path() + "/sources/x");
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
  here.manifest(image("keep"));
  here.apply();
  here.manifest("[[image]]\nname = \"x\"\nsource = \"sources/x\"\n" + image("keep"));
  here.apply();
  const Json after = here.query({"images", "x"});
  EXPECT_EQ(after.at("images")[0].at("digest"), before.at("images")[0].at("digest"));
  EXPECT_EQ(after.at("images")[0].at("serial"), before.at("images")[0].at("serial"));
  EXPECT_EQ(here.ingot({"extract", "x", "out"}).exit, 0);
}

TEST_F(Images, R27_papers_say_when_by_which_run_user_and_rule_and_outlive_the_state) {
  Site there(folder.path(), "silver");
  there.manifest(there.file_image("db19", "bytes of db19"));
  there.apply();
  here.manifest(Site::peer(there) + "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n");
  here.apply();
  const Json arrived = here.query({"images"}).at("images")[0].at("arrived");
  EXPECT_EQ(arrived.at("rule"), "subscription.silver.all");
  EXPECT_THAT(arrived.at("head").get<std::string>(), HasSubstr("sha256:"));
  EXPECT_THAT(arrived.at("actor").get<std::string>(), HasSubstr("@"));
  EXPECT_FALSE(arrived.at("run").get<std::string>().empty());
  std::string beside;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(here.path() + "/store/papers")) {
    if (entry.is_regular_file()) beside += testing_support::read_text(entry.path());
  }
  EXPECT_THAT(beside, HasSubstr("subscription.silver.all"));
  EXPECT_THAT(beside, HasSubstr("db19"));
  EXPECT_THAT(beside, HasSubstr(there.identity()));
}

}  // namespace
}  // namespace ingot::scenarios
