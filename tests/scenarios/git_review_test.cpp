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
using testing_support::read_text;

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
  EXPECT_THAT(ingot({"plan", "--base", "main"}).out,
              HasSubstr("2 actions that are also in the plan of main (" + base.substr(0, 12) + ") are not shown."));
  EXPECT_EQ(ingot({"plan", "--base", "main", "--detailed-exitcode"}).exit, 2);
  const Ran same = ingot({"plan", "--base", "change", "--detailed-exitcode"});
  EXPECT_EQ(same.exit, 0);
  EXPECT_THAT(same.out, HasSubstr("No differences from the plan of change."));
}

TEST_F(GitReview, base_of_a_manifest_that_a_folder_names_is_the_manifest_in_that_folder) {
  manifest({"a"});
  gold.write("sites/gold/ingot.toml", read_text(gold / "ingot.toml"));
  const std::string base = gold.commit("Add a site");
  gold.git({"checkout", "-q", "-b", "change"});
  manifest({"a", "b"});
  gold.write("sites/gold/ingot.toml", read_text(gold / "ingot.toml"));
  gold.commit("Add b");
  for (const std::vector<std::string>& where : {std::vector<std::string>{"-f", "sites/gold"},
                                                {"-f", "sites/gold/"},
                                                {"-f", "sites/gold/ingot.toml"},
                                                {"-f", "sites/gold", "--rev", "change"}}) {
    std::vector<std::string> words{"--base", "main", "--home", "."};
    words.insert(words.end(), where.begin(), where.end());
    const Json change = plan(words);
    EXPECT_EQ(change.at("base").at("trouble"), nullptr) << change.at("base");
    EXPECT_EQ(change.at("base").at("commit"), base);
    EXPECT_THAT(actions(change), ElementsAre("add image.b"));
  }
}

TEST_F(GitReview, base_is_where_the_branch_left_it_so_that_what_came_later_is_not_taken_back) {
  manifest({"a"});
  const std::string common = gold.commit("Add a");
  gold.git({"checkout", "-q", "-b", "change"});
  manifest({"a", "b"});
  gold.commit("Add b");
  gold.git({"checkout", "-q", "main"});
  manifest({"a", "c"});
  gold.commit("Add c on main, which the branch does not have");
  apply();
  gold.git({"checkout", "-q", "change"});
  const Json change = plan({"--base", "main"});
  EXPECT_THAT(actions(change), ElementsAre("add image.b"));
  EXPECT_THAT(entries(change, "notes"), Not(testing::Contains("no-longer image.c")));
  EXPECT_EQ(change.at("base").at("commit"), common);
  EXPECT_THAT(ingot({"plan", "--base", "main"}).out,
              HasSubstr("the plan of main (" + common.substr(0, 12) + ", where it branched off)"));
  EXPECT_THAT(actions(plan({"--base", common})), ElementsAre("add image.b"));
  git_in(folder.path(), {"clone", "-q", "--depth", "1", "--no-single-branch", "file://" + gold.path(), "shallow"});
  std::filesystem::rename(gold / ".git", folder / "whole.git");
  std::filesystem::rename(folder / "shallow/.git", gold / ".git");
  const Ran cut = ingot({"plan", "--base", "origin/main"});
  EXPECT_THAT(cut.err, HasSubstr("changes of origin/main since then are shown as reverted"));
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
