// A server without a checkout: its manifest is fetched by each run.
#include <filesystem>

#include <gmock/gmock.h>

#include "tests/scenarios/git_site.hpp"

namespace ingot::scenarios {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::write_text;

using GitRemote = GitSite;

TEST_F(GitRemote, a_timer_needs_no_checkout) {
  manifest({"a"});
  std::filesystem::create_directories(gold / "sites");
  std::filesystem::rename(gold / "ingot.toml", gold / "sites/ingot.toml");
  const std::string commit = gold.commit("Move it");
  const std::string url = "file://" + gold.path(), site = folder / "site";
  const std::vector<std::string> from{"--repo", url, "--rev", "main", "-f", "sites", "--home", site};
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.end(), from.begin(), from.end());
    return ingot(words, {}, folder.path());
  };
  const Ran none = run({"plan"});
  EXPECT_THAT(none.err, HasSubstr("ingot init"));
  const Ran made = run({"init"});
  ASSERT_EQ(made.exit, 0) << made.err;
  EXPECT_TRUE(std::filesystem::exists(site + "/server.card.toml"));
  EXPECT_FALSE(std::filesystem::exists(site + "/ingot.toml"));
  EXPECT_EQ(run({"apply", "--yes"}).exit, 0);
  const Json git = Json::parse(run({"query", "history", "--json"}).out).at("runs")[0].at("manifest").at("git");
  EXPECT_EQ(git.at("repository"), url);
  EXPECT_EQ(git.at("ref"), "refs/heads/main");
  EXPECT_EQ(git.at("commit"), commit);
  manifest({"a", "b"});
  std::filesystem::rename(gold / "ingot.toml", gold / "sites/ingot.toml");
  gold.commit("Add b", "bob");
  const Json planned = Json::parse(run({"plan", "--json"}).out);
  EXPECT_EQ(action(planned, "image.b").at("because")[0].at("author"), "bob <bob@example.net>");
  EXPECT_TRUE(std::filesystem::is_directory(site + "/state/git"));
  EXPECT_EQ(Json::parse(run({"plan", "--base", "main~1", "--json"}).out).at("base").at("left_out"), 0);
}

TEST_F(GitRemote, what_a_fetch_that_was_killed_left_stops_no_other) {
  const std::vector<std::string> words{"validate", "--repo", "file://" + gold.path(), "--rev", "main"};
  ASSERT_EQ(ingot(words).exit, 0);
  std::string cache;
  for (const auto& entry : std::filesystem::directory_iterator(gold / "state/git")) {
    if (entry.is_directory()) cache = entry.path();
  }
  write_text(cache + "/refs/heads/main.lock", "");
  write_text(cache + "/packed-refs.lock", "");
  write_text(cache + "/objects/pack/pack_git2_1234", "half");
  gold.commit("One more");
  const Ran ran = ingot(words);
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_FALSE(std::filesystem::exists(cache + "/objects/pack/pack_git2_1234"));
}

TEST_F(GitRemote, what_cannot_be_had_is_told_and_shows_no_secret) {
  EXPECT_EQ(ingot({"plan", "--repo", "file://" + gold.path()}).exit, 64) << "no --rev";
  const Ran secret = ingot({"plan", "--repo", "https://ann:canary@127.0.0.1/gold.git", "--rev", "main"});
  EXPECT_EQ(secret.exit, 64);
  EXPECT_THAT(secret.err, AllOf(HasSubstr("INGOT_GIT_TOKEN"), Not(HasSubstr("canary"))));
  const Ran gone = ingot({"plan", "--repo", "file:///nonexistent/gold.git", "--rev", "main", "--json"});
  EXPECT_EQ(gone.exit, 3);
  EXPECT_THAT(gone.out, HasSubstr("unreachable-repository"));
  const Ran refused = ingot({"plan", "--repo", "http://127.0.0.1:1/gold.git", "--rev", "main"});
  EXPECT_EQ(refused.exit, 3) << refused.err;
  const Ran nowhere = ingot({"plan", "--repo", "file://" + gold.path(), "--rev", "nowhere"});
  EXPECT_EQ(nowhere.exit, 64);
  EXPECT_THAT(nowhere.err, AllOf(HasSubstr("\"nowhere\" names nothing in the git repository \"file://" + gold.path() + "\""),
                                 Not(HasSubstr("state/git"))));
}

}  // namespace
}  // namespace ingot::scenarios
