// Peers that are gone, for ever or for now: retired, adopted from, on a disk that is not there, and ignored.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::read_text;
using testing_support::TestFolder;

struct GonePeers : testing::Test {
  TestFolder folder;
  Site here{folder.path(), "gold"};
  Site there{folder.path(), "silver"};
  const std::string all = "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n";
  std::string offered = there.file_image("db19", "bytes of db19") + there.file_image("db18", "bytes of db18");

  void SetUp() override {
    there.manifest(offered);
    there.apply();
  }
};

TEST_F(GonePeers, R5_a_retired_peer_is_never_asked_and_its_copy_becomes_this_servers_own) {
  here.manifest(Site::peer(there) + all);
  here.apply();
  const std::string nowhere = "urls = [\"http://127.0.0.1:1/\"]\n";
  here.manifest(Site::peer(there, nowhere) + all);
  here.apply(3);
  here.manifest(Site::peer(there, nowhere + "retired = true\n") + all);
  EXPECT_THAT(entries(here.plan(), "notes"), ElementsAre("retired peer.silver"));
  here.apply();
  EXPECT_EQ(here.query({"peers"}).at("peers")[0].at("status"), "retired");

  // Its [[peer]] goes altogether; one of the two is taken over.
  const std::string adoption = "[[copy]]\npeer = \"silver\"\nname = \"db19\"\nadopt = true\n";
  here.manifest(adoption + "[[series]]\nname = \"s\"\nimages = [\"db19\", \"db18\"]\n");
  const Json plan = here.plan();
  EXPECT_THAT(actions(plan), Contains("add image.db19"));
  here.apply();
  EXPECT_THAT(here.plan().at("actions"), IsEmpty()) << here.plan().dump(1);
  EXPECT_EQ(here.ingot({"verify"}).exit, 0);
  const Json images = here.query({"images"}).at("images");
  ASSERT_EQ(images.size(), 2U);
  for (const auto& image : images) {
    const bool own = image.at("name") == "db19";
    EXPECT_EQ(image.at("origin").at("id"), own ? here.identity() : there.identity());
    EXPECT_EQ(image.at("copied_from").is_null(), own);
    EXPECT_EQ(image.at("arrived").at("rule"), "subscription.silver.all") << "papers stay";
    EXPECT_THAT(image.at("series"), ElementsAre("s"));
  }
  // Peers get it from here now.
  Site third(folder.path(), "copper");
  third.manifest(Site::peer(here) + "[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n");
  third.apply();
  const Json copies = third.query({"images"}).at("images");
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_EQ(copies[0].at("name"), "db19");
  // A state that is lost knows it again, and dropping the entry deletes nothing.
  fs::remove_all(here.path() + "/state");
  const Ran rebuilt = here.ingot({"state", "rebuild"});
  EXPECT_EQ(rebuilt.exit, 0) << rebuilt.out << rebuilt.err;
  here.manifest("[[series]]\nname = \"s\"\nimages = [\"db19\", \"db18\"]\n");
  here.apply();
  EXPECT_EQ(here.query({"images"}).at("images").size(), 2U);
  EXPECT_THAT(entries(here.plan(), "notes"), Contains("unmanaged image.db19"));
}

TEST_F(GonePeers, an_offline_medium_that_lacks_bytes_or_is_away_ends_no_run_with_3) {
  const std::string stick = folder / "stick";
  fs::copy(there.public_folder(), stick, fs::copy_options::recursive);
  fs::rename(stick + "/b", folder / "elsewhere");
  here.manifest(Site::peer(there, "urls = [\"file://" + stick + "\"]\noffline = true\n") + all);
  const Json result = here.apply();
  for (const auto& one : result.at("not_started")) EXPECT_EQ(one.at("deferred"), one.at("verb") == "copy") << one;
  EXPECT_EQ(result.at("not_started").size(), 3U) << "two copies, and nothing to publish";
  EXPECT_THAT(result.at("failed"), IsEmpty());
  fs::rename(folder / "elsewhere", stick + "/b");
  here.apply();
  EXPECT_EQ(here.query({"images"}).at("images").size(), 2U);
  fs::rename(stick, folder / "taken out");
  EXPECT_THAT(entries(here.plan(), "notes"), ElementsAre("offline peer.silver"));
  here.apply();
}

TEST_F(GonePeers, ignored_trouble_is_listed_and_ends_no_run_with_3) {
  fs::remove_all(there.public_folder() + "/b");
  here.manifest(Site::peer(there) + all);
  here.apply(3);
  std::string until =
      testing_support::run({.arguments = {"date", "-u", "-d", "+30 days", "+%F"}, .folder = folder.path(), .environment = {}})
          .out;
  until.resize(until.find('\n'));
  std::string ignores;
  for (const char* name : {"db18", "db19"})
    ignores +=
        std::string("[[ignore]]\naddress = \"copy.silver.") + name + "\"\nreason = \"ticket 4711\"\nuntil = \"" + until + "\"\n";
  here.manifest(Site::peer(there) + all + ignores);
  EXPECT_EQ(here.apply().at("failed").size(), 2U);
  EXPECT_THAT(entries(here.plan(), "notes"), Contains("ignored copy.silver.db19"));
}

TEST_F(GonePeers, R26_too_many_withdrawals_of_a_peer_are_held_and_extract_refuses_meanwhile) {
  here.manifest("[guard]\nwithdrawals = 1\n" + Site::peer(there) + all);
  here.apply();
  const std::string withdrawn = "state = \"WITHDRAWN\"\nreason = \"broken\"\n";
  there.manifest(there.file_image("db19", "bytes of db19", withdrawn) + there.file_image("db18", "bytes of db18", withdrawn));
  there.apply();
  EXPECT_EQ(here.apply(7).at("held").size(), 2U);
  const Ran refused = here.ingot({"extract", "db19", "out"});
  EXPECT_EQ(refused.exit, 7) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("2 at once"));
  here.apply(0, {"--raise-limit", "withdrawals=2"});
  EXPECT_THAT(here.plan().at("actions"), IsEmpty());
  EXPECT_THAT(here.ingot({"extract", "db19", "out"}).err, HasSubstr("was withdrawn"));
}

TEST_F(GonePeers, R21_a_withdrawal_that_was_not_approved_is_no_image_to_extract_meanwhile) {
  here.manifest(Site::peer(there) + all);
  here.apply();
  there.manifest(there.file_image("db19", "bytes of db19", "state = \"WITHDRAWN\"\n") +
                 there.file_image("db18", "bytes of db18"));
  there.apply();
  EXPECT_EQ(here.ingot({"reconcile", "--approve", "copy"}).exit, 7);
  const Ran refused = here.ingot({"extract", "db19", "out"});
  EXPECT_EQ(refused.exit, 7) << refused.err;
  EXPECT_EQ(here.ingot({"extract", "db18", "out"}).exit, 0);
}

}  // namespace
}  // namespace ingot::scenarios
