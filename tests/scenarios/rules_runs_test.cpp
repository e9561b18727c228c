// R19, R22-R26 with the built binary: unknown peers, reruns, order, what a plan writes, readers, guards.
#include <algorithm>
#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/noise.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::TestFolder;

struct Runs : testing::Test {
  TestFolder folder;
  Site here{folder.path(), "gold"};
  Site there{folder.path(), "silver"};

  static std::string subscribe(const Site& peer) {
    return "[[subscription]]\npeer = \"" + peer.name() + "\"\nall = true\nsince = \"start\"\n\n";
  }
  static std::string image(Site& site, const std::string& name, const std::string& more = "") {
    return site.file_image(name, "bytes of " + name, more);
  }
  /// Every file below a folder with its bytes' size and modification time.
  static std::map<std::string, std::string> listing(const std::string& path) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) files[entry.path()] = testing_support::read_text(entry.path());
    }
    return files;
  }
};

TEST_F(Runs, R19_an_unreachable_peer_is_unknown_and_nothing_of_it_is_removed_while_others_go_on) {
  Site third(folder.path(), "bronze");
  there.manifest(image(there, "s1"));
  third.manifest(image(third, "b1"));
  there.apply();
  third.apply();
  const std::string both = Site::peer(there) + Site::peer(third) + subscribe(there) + subscribe(third);
  here.manifest(both);
  here.apply();
  third.manifest(image(third, "b1") + image(third, "b2"));
  third.apply();
  there.web().stop();
  const Json plan = here.plan(3);
  EXPECT_THAT(entries(plan, "unknown"), ElementsAre("unreachable silver"));
  EXPECT_FALSE(plan.at("complete"));
  EXPECT_THAT(actions(plan), Contains("copy copy.bronze.b2"));
  here.apply(3);
  EXPECT_EQ(here.query({"images"}).at("images").size(), 3U);
  there.web().start();
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
}

TEST_F(Runs, R19_garbage_is_untrusted_and_html_or_nothing_is_unreachable) {
  there.manifest(image(there, "s1"));
  there.apply();
  here.manifest(Site::peer(there) + subscribe(there));
  here.apply();
  const std::string head = there.public_folder() + "/head.dsse";
  const std::string good = testing_support::read_text(head);
  const auto serve = [&](const std::string& text) {
    testing_support::write_text(head, text);
    std::filesystem::last_write_time(head, std::filesystem::last_write_time(head) + std::chrono::seconds(text.size() % 1000 + 2));
  };
  serve("");
  EXPECT_THAT(entries(here.plan(3), "unknown"), ElementsAre("unreachable silver"));
  serve("<!DOCTYPE html><html><body>Please log in</body></html>");
  EXPECT_THAT(entries(here.plan(3), "unknown"), ElementsAre("unreachable silver"));
  std::string bent = good;
  const auto at = bent.find("\"payload\"") + 20;
  bent[at] = bent[at] == 'A' ? 'B' : 'A';
  serve(bent);
  EXPECT_THAT(entries(here.plan(4), "unknown"), ElementsAre("untrusted silver"));
  serve(good);
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
}

TEST_F(Runs, R19_a_stale_mirror_is_a_note_and_what_was_seen_last_counts) {
  there.manifest(image(there, "s1"));
  there.apply();
  const auto old = there.public_folder() + "/head.dsse";
  const std::string before = testing_support::read_text(old);
  there.manifest(image(there, "s1") + image(there, "s2"));
  there.apply();
  here.manifest(Site::peer(there) + subscribe(there));
  here.apply();
  testing_support::write_text(old, before);
  std::filesystem::last_write_time(old, std::filesystem::last_write_time(old) + std::chrono::seconds(7));
  const Json plan = here.plan(0);
  EXPECT_TRUE(plan.at("complete").get<bool>());
  ASSERT_EQ(plan.at("notes").size(), 1U);
  EXPECT_EQ(plan.at("notes")[0].at("code"), "stale");
  EXPECT_EQ(here.plan(0).at("notes").size(), 1U) << "it flips nothing from run to run";
  std::filesystem::remove_all(here.path() + "/state/cache");
  EXPECT_THAT(entries(here.plan(3), "unknown"), ElementsAre("unreachable silver"));
  EXPECT_EQ(here.query({"images"}).at("images").size(), 2U);
}

TEST_F(Runs, R22_a_second_plan_is_empty_and_an_unchanged_peer_costs_one_request) {
  there.manifest(image(there, "s1"));
  there.apply();
  here.manifest(image(here, "own") + Site::peer(there) + subscribe(there));
  here.apply();
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
  there.web().forget_requests();
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
  EXPECT_THAT(there.web().requests(), ElementsAre("GET /head.dsse 200"));
  EXPECT_EQ(here.ingot({"plan", "--detailed-exitcode"}).exit, 0);
  here.manifest(image(here, "own") + image(here, "more") + Site::peer(there) + subscribe(there));
  EXPECT_EQ(here.ingot({"plan", "--detailed-exitcode"}).exit, 2);
}

TEST_F(Runs, R22_what_does_not_fit_the_budget_is_deferred_with_exit_0_and_smaller_ones_go_on) {
  there.manifest(there.file_image("big", std::string(300'000, 'x') + "big") + there.file_image("small", "small"));
  there.apply();
  // Compressible bytes would fit: these do not compress.
  const std::string offered = there.file_image("noise", testing_support::noise(200'000)) +
                              there.file_image("more", testing_support::noise(190'000)) + there.file_image("small", "small");
  there.manifest(offered);
  there.apply();
  here.manifest("[limits]\nmax_bytes = \"300 kB\"\n\n" + Site::peer(there) + subscribe(there));
  const Json plan = here.plan();
  EXPECT_FALSE(action(plan, "copy.silver.more").at("deferred"));
  EXPECT_TRUE(action(plan, "copy.silver.noise").at("deferred"));
  EXPECT_FALSE(action(plan, "copy.silver.small").at("deferred"));
  here.apply();
  EXPECT_EQ(here.query({"images"}).at("images").size(), 2U);
  EXPECT_THAT(actions(here.plan()), ElementsAre("publish catalog", "copy copy.silver.noise"));
  here.apply();
  EXPECT_THAT(here.plan().at("actions"), testing::IsEmpty());
  here.manifest("[limits]\nmax_bytes = \"100 kB\"\n\n" + Site::peer(there) + subscribe(there));
  there.manifest(offered + there.file_image("vast", testing_support::noise(210'000)));
  there.apply();
  EXPECT_THAT(entries(here.plan(3), "blocked"), ElementsAre("does-not-fit copy.silver.vast"));
}

TEST_F(Runs, R23_the_order_is_total_and_an_address_occurs_once) {
  there.manifest("[[imagetype]]\nname = \"PSU\"\nbase = \"ORACLEDBSOFTWARE\"\n\n" + image(there, "s1", "type = \"PSU\"\n") +
                 image(there, "s2"));
  there.apply();
  here.manifest(
      image(here, "own") +
      "[[series]]\nname = \"mine\"\nimages = [\"own\"]\n\n[[series]]\nname = \"waits\"\nimages = [\"s1\", \"own\"]\n\n" +
      Site::peer(there) + subscribe(there));
  const Json plan = here.plan();
  EXPECT_THAT(actions(plan), ElementsAre("register peer.silver", "create imagetype.PSU", "instantiate subscription.silver.all",
                                         "add image.own", "create series.mine", "publish catalog", "copy copy.silver.s1",
                                         "copy copy.silver.s2", "create series.waits"));
  const Json other = here.plan();
  EXPECT_EQ(plan, other);
}

TEST_F(Runs, R24_a_plan_writes_nothing_but_the_cache_and_the_floors) {
  there.manifest(image(there, "s1"));
  there.apply();
  here.manifest(image(here, "own") + Site::peer(there) + subscribe(there));
  auto before = listing(here.path());
  here.plan();
  auto after = listing(here.path());
  std::vector<std::string> changed;
  for (const auto& [path, bytes] : after) {
    if (!before.contains(path) || before.at(path) != bytes) changed.push_back(path.substr(here.path().size()));
  }
  for (const auto& path : changed) {
    EXPECT_TRUE(path.starts_with("/state/cache/") || path.starts_with("/state/trust/") || path.starts_with("/nginx/")) << path;
  }
  EXPECT_FALSE(changed.empty());
}

TEST_F(Runs, R25_every_piece_that_the_head_names_is_there) {
  here.manifest(image(here, "a") + image(here, "b"));
  here.apply();
  here.manifest(image(here, "a") + image(here, "b") + image(here, "c"));
  here.apply();
  EXPECT_EQ(here.ingot({"verify"}).exit, 0);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(here.public_folder() + "/c")) {
    if (!entry.is_regular_file()) continue;
    const Ran sum = testing_support::run({.arguments = {"sha256sum", entry.path()}, .folder = "", .environment = {}});
    EXPECT_EQ(sum.out.substr(0, 64), entry.path().filename().string());
    EXPECT_EQ(entry.status().permissions(), std::filesystem::perms{0644});
    EXPECT_FALSE(entry.is_symlink());
  }
}

TEST_F(Runs, R26_too_many_removals_are_all_held_and_the_rest_goes_on_with_exit_7) {
  std::string all;
  for (int i = 0; i < 8; ++i) all += image(here, "i" + std::to_string(i));
  here.manifest(all);
  here.apply();
  here.manifest(image(here, "i0") + image(here, "i1") + image(here, "new"));
  const Json plan = here.plan(7);
  EXPECT_EQ(plan.at("held").size(), 6U);
  EXPECT_EQ(plan.at("held")[0].at("code"), "removals");
  EXPECT_THAT(actions(plan), ElementsAre("add image.new", "publish catalog"));
  here.apply(7);
  EXPECT_EQ(here.query({"images"}).at("images").size(), 9U);
  here.apply(0, {"--raise-limit", "removals=6"});
  EXPECT_EQ(here.query({"images"}).at("images").size(), 3U);
}

TEST_F(Runs, R26_an_emptied_manifest_is_refused_whole_unless_allow_empty) {
  here.manifest(image(here, "a"));
  here.apply();
  here.manifest("");
  EXPECT_EQ(here.ingot({"plan"}).exit, 7);
  const Ran refused = here.ingot({"apply", "--yes"});
  EXPECT_EQ(refused.exit, 7);
  EXPECT_THAT(refused.err, HasSubstr("--allow-empty"));
  EXPECT_EQ(here.query({"images"}).at("images").size(), 1U);
  here.apply(0, {"--allow-empty"});
  EXPECT_EQ(here.query({"images"}).at("images").size(), 0U);
}

TEST_F(Runs, R26_every_action_says_why_with_code_rule_and_line) {
  there.manifest(image(there, "s1"));
  there.apply();
  here.manifest(image(here, "own") + Site::peer(there) + subscribe(there));
  const Json plan = here.plan();
  for (const auto& one : plan.at("actions")) {
    ASSERT_FALSE(one.at("because").empty()) << one.dump();
    for (const auto& reason : one.at("because")) {
      EXPECT_FALSE(reason.at("code").get<std::string>().empty());
      EXPECT_FALSE(reason.at("text").get<std::string>().empty());
      if (one.at("verb") == "publish") continue;
      EXPECT_THAT(reason.at("at").get<std::string>(), HasSubstr("ingot.toml:")) << one.dump();
    }
  }
}

TEST_F(Runs, R27_the_plan_id_is_the_same_on_every_machine_with_or_without_sources) {
  here.manifest(image(here, "own"));
  const Json with = here.plan();
  std::filesystem::remove_all(here.path() + "/sources");
  const Json without = here.plan(3);
  EXPECT_EQ(with.at("id"), without.at("id"));
  EXPECT_EQ(with.at("actions")[0].at("foreseen"), nullptr);
  EXPECT_EQ(without.at("actions")[0].at("foreseen"), "source-missing");
  EXPECT_THAT(entries(without, "notes"), ElementsAre("source-missing image.own"));
}

TEST_F(Runs, apply_without_yes_and_terminal_is_refused_before_any_work) {
  there.manifest(image(there, "s1"));
  here.manifest(Site::peer(there) + subscribe(there));
  there.web().forget_requests();
  const Ran ran = here.ingot({"apply"});
  EXPECT_EQ(ran.exit, 9);
  EXPECT_THAT(there.web().requests(), IsEmpty());
}

TEST_F(Runs, two_applies_at_once_one_is_busy) {
  const std::string lock = here.path() + "/state/lock";
  testing_support::Running holder({.arguments = {"flock", lock, "sleep", "30"}, .folder = "", .environment = {}},
                                  here.path() + "/holder.log");
  here.manifest(image(here, "own"));
  Ran ran;
  for (int i = 0; i < 100 && ran.exit != 5; ++i) ran = here.ingot({"apply", "--yes"});
  EXPECT_EQ(ran.exit, 5);
  EXPECT_EQ(here.ingot({"plan"}).exit, 0) << "a plan never waits for the lock";
}

}  // namespace
}  // namespace ingot::scenarios
