// R6-R14, R20, R21 with the built binary: which images come, under which name, and when they stop.
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
using testing::UnorderedElementsAre;
using testing_support::TestFolder;

struct Subscriptions : testing::Test {
  TestFolder folder;
  Site here{folder.path(), "gold"};
  Site there{folder.path(), "silver"};

  static std::string subscribe(const std::string& selector, const std::string& more = "since = \"start\"\n") {
    return "[[subscription]]\npeer = \"silver\"\n" + selector + "\n" + more + "\n";
  }
  std::string image(const std::string& name, const std::string& more = "") {
    return there.file_image(name, "bytes of " + name, more);
  }
  static std::string series(const std::string& name, const std::string& images) {
    return "[[series]]\nname = \"" + name + "\"\nimages = [" + images + "]\n\n";
  }
  /// "copy …" actions of a plan.
  static std::vector<std::string> copies(const Json& plan) {
    std::vector<std::string> found;
    for (const auto& text : actions(plan)) {
      if (text.starts_with("copy ")) found.push_back(text.substr(5));
    }
    return found;
  }
};

TEST_F(Subscriptions, R6_overlapping_subscriptions_copy_an_image_once_and_list_every_rule) {
  there.manifest(image("db19") + series("s", "\"db19\""));
  there.apply();
  here.manifest(Site::peer(there) + subscribe("all = true") + subscribe("series = \"s\""));
  const Json plan = here.plan();
  EXPECT_THAT(copies(plan), ElementsAre("copy.silver.db19"));
  EXPECT_EQ(action(plan, "copy.silver.db19").at("because").size(), 2U);
  here.manifest(Site::peer(there) + subscribe("all = true") + subscribe("all = true", "since = \"now\"\n"));
  EXPECT_EQ(here.ingot({"plan"}).exit, 65);
}

TEST_F(Subscriptions, R6_changing_as_renames_a_copy_and_fetches_nothing) {
  there.manifest(image("db19"));
  there.apply();
  here.manifest(Site::peer(there) + subscribe("all = true"));
  here.apply();
  here.manifest(Site::peer(there) + subscribe("all = true", "since = \"start\"\nas = \"{peer}-{name}\"\n"));
  const Json plan = here.plan();
  EXPECT_THAT(actions(plan), Contains("update copy.silver.db19"));
  EXPECT_THAT(copies(plan), IsEmpty());
  there.web().forget_requests();
  here.apply();
  EXPECT_THAT(there.web().requests(), Not(Contains(HasSubstr("/b/"))));
  EXPECT_EQ(here.query({"images"}).at("images")[0].at("name"), "silver-db19");
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
}

TEST_F(Subscriptions, R7_only_what_happens_after_the_baseline_counts) {
  there.manifest(image("old"));
  there.apply();
  here.manifest(Site::peer(there) + subscribe("all = true", ""));
  const Json first = here.plan();
  EXPECT_THAT(copies(first), IsEmpty());
  EXPECT_THAT(entries(first, "notes"), Contains(HasSubstr("before-baseline")));
  here.apply();
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
  there.manifest(image("old") + image("new"));
  there.apply();
  EXPECT_THAT(copies(here.plan()), ElementsAre("copy.silver.new"));
}

TEST_F(Subscriptions, R8_an_image_promoted_into_the_states_after_the_baseline_is_a_candidate) {
  there.manifest(image("db19", "state = \"TESTABLE\"\n") + image("os", "type = \"LINUXOS\"\n"));
  there.apply();
  here.manifest(Site::peer(there) + subscribe("imagetype = \"SOFTWARE\"", ""));
  here.apply();
  there.manifest(image("db19") + image("os", "type = \"LINUXOS\"\n") + image("os2", "type = \"LINUXOS\"\n"));
  there.apply();
  EXPECT_THAT(copies(here.plan()), ElementsAre("copy.silver.db19"));
}

TEST_F(Subscriptions, R9_descendants_at_any_depth_also_through_a_deleted_link) {
  there.manifest(image("a") + image("b", "parent = \"a\"\n") + image("c", "parent = \"b\"\n") + image("other"));
  there.apply();
  there.manifest(image("a") + image("c", "parent = \"b\"\n") + image("other"));
  there.apply();
  here.manifest(Site::peer(there) + subscribe("image = \"a\"", "since = 0\n"));
  EXPECT_THAT(copies(here.plan()), ElementsAre("copy.silver.c"));
  here.manifest(Site::peer(there) + subscribe("image = \"a\""));
  EXPECT_THAT(copies(here.plan()), UnorderedElementsAre("copy.silver.a", "copy.silver.c"));
  here.manifest(Site::peer(there) + subscribe("image = \"b\""));
  EXPECT_THAT(copies(here.plan()), ElementsAre("copy.silver.c")) << "a deleted image is known by its tombstone";
}

TEST_F(Subscriptions, R10_a_series_brings_what_is_added_whenever_it_was_created_and_latest_takes_the_last) {
  there.manifest(image("v1") + image("v2") + image("v3") + image("early") + series("s", "\"v1\", \"v2\", \"v3\""));
  there.apply();
  here.manifest(Site::peer(there) + subscribe("series = \"s\"", "since = \"start\"\nlatest = 2\n"));
  EXPECT_THAT(copies(here.plan()), UnorderedElementsAre("copy.silver.v2", "copy.silver.v3"));
  here.apply();
  there.manifest(image("v1") + image("v2") + image("v3") + image("early") + series("s", "\"v2\", \"v1\", \"v3\", \"early\""));
  there.apply();
  EXPECT_THAT(copies(here.plan()), ElementsAre("copy.silver.early")) << "moving within a series is no event";
}

TEST_F(Subscriptions, R11_uninstantiating_keeps_copies_and_coming_back_says_from_where_it_was_stopped) {
  there.manifest(image("one"));
  there.apply();
  here.manifest(Site::peer(there) + subscribe("all = true"));
  here.apply();
  here.manifest(Site::peer(there));
  EXPECT_THAT(actions(here.plan()), ElementsAre("uninstantiate subscription.silver.all"));
  here.apply();
  EXPECT_EQ(here.query({"images"}).at("images").size(), 1U);
  there.manifest(image("one") + image("two"));
  there.apply();
  EXPECT_EQ(here.plan().at("actions").size(), 0U) << "no more updates";
  here.manifest(Site::peer(there) + subscribe("all = true", ""));
  const Json plan = here.plan();
  EXPECT_THAT(actions(plan), ElementsAre("instantiate subscription.silver.all"));
  EXPECT_THAT(plan.dump(), HasSubstr("since = "));
}

TEST_F(Subscriptions, R12_a_selector_that_names_nothing_is_instantiated_and_blocked_until_it_exists) {
  there.manifest(image("one") + series("linux", "\"one\""));
  there.apply();
  here.manifest(Site::peer(there) + subscribe("series = \"linus\"") + subscribe("all = true"));
  const Json plan = here.plan(3);
  EXPECT_THAT(entries(plan, "blocked"), ElementsAre("unknown-selector subscription.silver.series.linus"));
  EXPECT_THAT(plan.at("blocked").dump(), HasSubstr("linux"));
  here.apply(3);
  EXPECT_EQ(here.query({"images"}).at("images").size(), 1U) << "the rest goes on";
  EXPECT_EQ(here.query({"subscriptions"}).at("subscriptions").size(), 2U);
}

TEST_F(Subscriptions, R13_a_copy_bears_what_its_origin_says_and_follows_labels_and_description) {
  const std::string type = "[[imagetype]]\nname = \"DB_PSU\"\nbase = \"ORACLEDBSOFTWARE\"\n\n";
  there.manifest(
      type + image("db19", "type = \"DB_PSU\"\nversion = \"19.24\"\nplatform = \"linux-x86_64\"\nlabels = { team = \"dba\" }\n"));
  there.apply();
  here.manifest(Site::peer(there) + subscribe("all = true"));
  EXPECT_THAT(actions(here.plan()), Contains("create imagetype.DB_PSU"));
  here.apply();
  Json copy = here.query({"images"}).at("images")[0];
  EXPECT_EQ(copy.at("type"), "DB_PSU");
  EXPECT_EQ(copy.at("version"), "19.24");
  EXPECT_EQ(copy.at("labels").at("team"), "dba");
  EXPECT_EQ(copy.at("digest"), there.query({"images"}).at("images")[0].at("digest"));
  there.manifest(type + image("db19",
                              "type = \"DB_PSU\"\nversion = \"19.24\"\nplatform = \"linux-x86_64\"\nlabels = { team = \"ops\" }\n"
                              "description = \"new words\"\nstate = \"RESTRICTED\"\n"));
  there.apply();
  EXPECT_THAT(actions(here.plan()), Contains("update copy.silver.db19"));
  here.apply();
  copy = here.query({"images"}).at("images")[0];
  EXPECT_EQ(copy.at("labels").at("team"), "ops");
  EXPECT_EQ(copy.at("description"), "new words");
  EXPECT_EQ(copy.at("state"), "PUBLISHED") << "the state follows only with arrive = \"origin\"";
}

TEST_F(Subscriptions, R13_the_same_type_name_with_another_base_is_a_conflict) {
  there.manifest("[[imagetype]]\nname = \"MINE\"\nbase = \"LINUXOS\"\n\n" + image("os", "type = \"MINE\"\n"));
  there.apply();
  here.manifest("[[imagetype]]\nname = \"MINE\"\nbase = \"SOFTWARE\"\n\n" + Site::peer(there) + subscribe("all = true"));
  const Json plan = here.plan(3);
  EXPECT_THAT(entries(plan, "blocked"), ElementsAre("type-conflict copy.silver.os"));
}

TEST_F(Subscriptions, R14_same_name_and_digest_is_adopted_another_digest_is_blocked) {
  there.manifest(image("same") + image("other"));
  there.apply();
  here.manifest(here.file_image("same", "bytes of same") + here.file_image("other", "different bytes") + Site::peer(there) +
                subscribe("all = true"));
  here.apply(3);
  const Json plan = here.plan(3);
  EXPECT_THAT(copies(plan), IsEmpty());
  EXPECT_THAT(entries(plan, "blocked"), ElementsAre("name-conflict copy.silver.other"));
  EXPECT_THAT(plan.at("blocked")[0].at("mend").get<std::string>(), HasSubstr("as"));
  EXPECT_THAT(entries(plan, "notes"), Contains(HasSubstr("adopted")));
  const Json adopted = Json::parse(here.ingot({"explain", "--json", "copy.silver.same"}).out);
  EXPECT_EQ(adopted.at("subjects")[0].at("code"), "adopted") << adopted.dump(1);
}

TEST_F(Subscriptions, R20_two_servers_that_subscribe_to_each_other_come_to_rest) {
  here.manifest(here.file_image("h", "of here") + Site::peer(there) + subscribe("all = true"));
  there.manifest(there.file_image("t", "of there") + Site::peer(here) +
                 "[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n");
  for (int round = 0; round < 3; ++round) {
    here.apply();
    there.apply();
  }
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
  EXPECT_EQ(there.plan().at("actions").size(), 0U);
  EXPECT_EQ(here.query({"images"}).at("images").size(), 2U);
  EXPECT_EQ(there.query({"images"}).at("images").size(), 2U);
}

TEST_F(Subscriptions, R21_a_withdrawal_reaches_copies_of_ended_subscriptions_and_extract_refuses) {
  there.manifest(image("bad") + image("good") + series("s", "\"good\", \"bad\""));
  there.apply();
  here.manifest(Site::peer(there) + subscribe("all = true"));
  here.apply();
  here.manifest(Site::peer(there));
  here.apply();
  there.manifest(image("bad", "state = \"WITHDRAWN\"\nreason = \"CVE-2026-1\"\n") + image("good") +
                 series("s", "\"good\", \"bad\""));
  there.apply();
  const Json plan = here.plan();
  EXPECT_THAT(actions(plan), Contains("withdraw copy.silver.bad"));
  here.apply();
  const Ran refused = here.ingot({"extract", "bad", "out"});
  EXPECT_EQ(refused.exit, 7);
  EXPECT_THAT(refused.err, HasSubstr("CVE-2026-1"));
  EXPECT_EQ(here.ingot({"extract", "--withdrawn", "bad", "out"}).exit, 0) << "the bytes stay";
  EXPECT_EQ(testing_support::read_text(here.path() + "/out"), "bytes of bad");
  there.manifest(image("bad") + image("good") + series("s", "\"good\", \"bad\""));
  there.apply();
  here.apply();
  EXPECT_EQ(here.ingot({"extract", "bad", "again"}).exit, 0) << "it can be taken back";
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
}

TEST_F(Subscriptions, R21_latest_and_the_latest_of_a_series_skip_a_withdrawn_image) {
  there.manifest(image("v1") + image("v2", "state = \"WITHDRAWN\"\n") + series("s", "\"v1\", \"v2\""));
  there.apply();
  here.manifest(Site::peer(there) + subscribe("series = \"s\"", "since = \"start\"\nlatest = 1\n"));
  EXPECT_THAT(copies(here.plan()), ElementsAre("copy.silver.v1"));
  EXPECT_EQ(there.ingot({"extract", "series:s", "out"}).exit, 0);
  EXPECT_EQ(testing_support::read_text(there.path() + "/out"), "bytes of v1");
}

}  // namespace
}  // namespace ingot::scenarios
