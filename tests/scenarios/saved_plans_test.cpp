// A plan that is reviewed and applied later, with the built binary and a real web server between two servers.
#include <filesystem>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::TestFolder;

struct SavedPlans : testing::Test {
  TestFolder folder;
  Site here{folder.path(), "gold"};
  Site there{folder.path(), "silver"};

  void there_has(const std::vector<std::string>& images, const std::string& more = "") {
    std::string entries, series = "[[series]]\nname = \"db19\"\nimages = [";
    for (const auto& name : images) {
      entries += there.file_image(name, "bytes of " + name, more);
      series += "\"" + name + "\", ";
    }
    there.manifest(entries + series + "]\n");
    there.apply();
  }
  void here_follows() {
    here.manifest(Site::peer(there) +
                  "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n\n[[series]]\nname = \"db19\"\nfollow = { "
                  "peer = \"silver\", series = \"db19\" }\n");
  }
  std::vector<std::string> names(const std::string& topic) const {
    std::vector<std::string> found;
    const Json answer = here.query({topic});
    for (const auto& one : answer.at(topic)) found.push_back(one.at("name").get<std::string>());
    return found;
  }
  std::vector<std::string> members() const {
    const Json answer = here.query({"series"});
    const Json& series = answer.at("series");
    return series.empty() ? std::vector<std::string>{} : series[0].at("images").get<std::vector<std::string>>();
  }
};

TEST_F(SavedPlans, what_was_reviewed_is_applied_and_what_came_since_waits) {
  there_has({"a"});
  here_follows();
  ASSERT_EQ(here.ingot({"plan", "--out", "night.plan"}).exit, 0);
  struct stat status {};
  ASSERT_EQ(::stat((here.path() + "/night.plan").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  there_has({"a", "b"});
  const Ran applied = here.ingot({"apply", "night.plan"});
  EXPECT_EQ(applied.exit, 0) << applied.out << applied.err;
  EXPECT_THAT(names("images"), ElementsAre("a"));
  EXPECT_THAT(members(), ElementsAre("a")) << "the series is made of what this plan brought";
  const Ran again = here.ingot({"apply", "night.plan"});
  EXPECT_EQ(again.exit, 8);
  EXPECT_THAT(again.err, HasSubstr("has already applied this plan"));
  here.apply();
  EXPECT_THAT(members(), ElementsAre("a", "b"));
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
}

TEST_F(SavedPlans, G7_a_withdrawal_or_a_peer_that_is_gone_makes_it_stale_and_nothing_is_done) {
  there_has({"a"});
  here_follows();
  ASSERT_EQ(here.ingot({"plan", "--out", "night.plan"}).exit, 0);
  there_has({"a"}, "state = \"WITHDRAWN\"\nreason = \"it corrupts\"\n");
  const Ran withdrawn = here.ingot({"apply", "night.plan"});
  EXPECT_EQ(withdrawn.exit, 8) << withdrawn.out;
  EXPECT_THAT(withdrawn.err, AllOf(HasSubstr("copy.silver.a"), HasSubstr("WITHDRAWN")));
  there.web().stop();
  const Ran gone = here.ingot({"apply", "night.plan"});
  EXPECT_EQ(gone.exit, 8) << gone.out;
  EXPECT_THAT(gone.err, HasSubstr("unreachable"));
  EXPECT_THAT(names("images"), ElementsAre());
}

TEST_F(SavedPlans, a_target_alone_leaves_the_series_for_later_and_a_series_brings_its_members) {
  there_has({"a", "b"});
  here_follows();
  here.apply(0, {"--target", "copy.silver.b"});
  EXPECT_THAT(names("images"), ElementsAre("b"));
  EXPECT_THAT(members(), ElementsAre());
  here.apply(0, {"--target", "series.db19", "--exclude", "copy.silver.a"});
  EXPECT_THAT(members(), ElementsAre("b"));
  here.apply();
  EXPECT_THAT(members(), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace ingot::scenarios
