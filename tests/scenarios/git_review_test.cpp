// What a reviewer sees: who wrote what is planned, and what a change adds to what its base would do anyway.
#include <filesystem>

#include <gmock/gmock.h>

#include "tests/scenarios/git_site.hpp"

namespace ingot::scenarios {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::git_in;

using GitReview = GitSite;

TEST_F(GitReview, names_who_added_changed_and_took_out_each_entry) {
  manifest({"a", "b"});
  gold.commit("Add a and b", "ann");
  apply();
  gold.write("note", "nothing of the manifest's");
  gold.commit("Say something", "eve");
  manifest({"b"});
  const std::string removed = gold.commit("Take a out", "bob");
  manifest({"b", "c"});
  const std::string added = gold.commit("Add c", "carol");
  manifest({"b", "c", "d"});
  const std::string last = gold.commit("Add d", "dave");
  const Json planned = plan();
  const auto by = [](const Json& of, const std::string& address) {
    const Json because = action(of, address).at("because")[0];
    return because.at("commit").dump() + because.at("author").dump();
  };
  EXPECT_EQ(by(planned, "image.c"), "\"" + added + "\"\"carol <carol@example.net>\"");
  EXPECT_EQ(by(planned, "image.d"), "\"" + last + "\"\"dave <dave@example.net>\"");
  EXPECT_EQ(by(planned, "image.a"), "\"" + removed + "\"\"bob <bob@example.net>\"");
  EXPECT_EQ(by(planned, "catalog"), "nullnull");
  EXPECT_THAT(ingot({"plan"}).out, AllOf(HasSubstr(", " + added.substr(0, 12) + " by carol)"), Not(HasSubstr("carol@"))));
  manifest({"b", "c"});
  EXPECT_EQ(by(plan(), "image.c"), "nullnull") << "the lines are not those of the commit";
  EXPECT_EQ(by(plan({"--rev", added}), "image.c"), "\"" + added + "\"\"carol <carol@example.net>\"");
}

TEST_F(GitReview, of_a_merge_names_the_commit_that_was_merged) {
  manifest({"a", "b"});
  gold.commit("Add a and b");
  apply();
  gold.git({"checkout", "-q", "-b", "side"});
  manifest({"b"});
  const std::string removed = gold.commit("Take a out", "bob");
  gold.git({"checkout", "-q", "main"});
  gold.write("note", "so that there is something to merge");
  gold.commit("Say something");
  gold.git({"merge", "-q", "--no-ff", "-m", "Merge side", "side"});
  EXPECT_EQ(action(plan(), "image.a").at("because")[0].at("commit"), removed);
}

TEST_F(GitReview, base_leaves_out_what_would_be_done_anyway) {
  manifest({"a"});
  gold.commit("Add a");
  apply();
  manifest({"a", "b"});
  const std::string base = gold.commit("Add b: not applied yet");
  gold.git({"checkout", "-q", "-b", "change"});
  manifest({"a", "b", "c"}, "[[imagetype]]\nname = \"DB\"\nbase = \"SOFTWARE\"\n");
  gold.commit("Add c");
  EXPECT_THAT(actions(plan()), ElementsAre("create imagetype.DB", "add image.b", "add image.c", "publish catalog"));
  const Json change = plan({"--base", "main"});
  EXPECT_THAT(actions(change), ElementsAre("create imagetype.DB", "add image.c"));
  EXPECT_EQ(change.at("base"),
            (Json{{"revision", "main"}, {"commit", base}, {"plan", plan().at("id")}, {"left_out", 2}, {"trouble", nullptr}}));
  EXPECT_EQ(ingot({"plan", "--base", "main", "--out", "change.plan"}).exit, 64) << "apply would do the whole";
  EXPECT_THAT(ingot({"plan", "--base", "main"}).out, HasSubstr("Only what it adds to main (" + base.substr(0, 12) +
                                                               "): 2 actions that the base would do anyway are not shown."));
  EXPECT_EQ(ingot({"plan", "--base", "main", "--detailed-exitcode"}).exit, 2);
  const Ran same = ingot({"plan", "--base", "change", "--detailed-exitcode"});
  EXPECT_EQ(same.exit, 0);
  EXPECT_THAT(same.out, HasSubstr("No changes beyond what the base would do."));
}

TEST_F(GitReview, base_tells_of_what_a_change_takes_back_and_of_a_base_without_a_manifest) {
  manifest({"a"});
  gold.commit("Add a");
  manifest({});
  const Json back = plan({"--base", "HEAD"});
  EXPECT_THAT(actions(back), IsEmpty());
  EXPECT_THAT(entries(back, "notes"), testing::Contains("no-longer image.a"));
  manifest({"a"});
  gold.git({"checkout", "-q", "--orphan", "empty"});
  gold.git({"rm", "-q", "-f", "--cached", "ingot.toml"});
  gold.write("ingot.toml.off", "");
  gold.git({"commit", "-q", "-m", "No manifest", "--allow-empty"});
  manifest({"a"});
  const Json all = plan({"--base", "empty"});
  EXPECT_THAT(actions(all), ElementsAre("add image.a", "publish catalog"));
  EXPECT_THAT(all.at("base").at("trouble").get<std::string>(), HasSubstr("No such file or directory"));
  EXPECT_EQ(ingot({"plan", "--base", "nowhere"}).exit, 64);
}

}  // namespace
}  // namespace ingot::scenarios
