// Repositories that were made to crash or exhaust whoever reads them.
#include <filesystem>

#include <gmock/gmock.h>

#include "tests/scenarios/git_site.hpp"

namespace ingot::scenarios {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class GitHostile : public GitSite {
 protected:
  /// A loose object that is much longer than its header says.
  void long_object(const std::string& id, const std::string& type) const {
    make("loose_object.py", {id, type, "40", "67108864"});
  }
  /// A pack of 16 kB in which the object has nearly 2 GB.
  void bomb(const std::string& id, const std::string& type) const { make("delta_bomb.py", {id, type}); }
  void make(const std::string& program, const std::vector<std::string>& words) const {
    testing_support::Command command{
        .arguments = {"/usr/bin/python3", INGOT_SOURCE_DIR "/tests/support/" + program, gold / ".git"},
        .folder = "",
        .environment = {}};
    command.arguments.insert(command.arguments.end(), words.begin(), words.end());
    const Ran made = testing_support::run(command);
    ASSERT_EQ(made.exit, 0) << made.err;
  }
  void expect_refused(const std::string& what) const {
    for (const auto& words : std::vector<std::vector<std::string>>{{"plan"},
                                                                   {"apply", "--yes"},
                                                                   {"validate", "--rev", "main"},
                                                                   {"plan", "--rev", "main"},
                                                                   {"plan", "--repo", gold.path(), "--rev", "main"}}) {
      const Ran ran = ingot(words);
      EXPECT_EQ(ran.exit, 65) << what << ": " << testing::PrintToString(words) << ran.out << ran.err;
      EXPECT_THAT(ran.err, AllOf(HasSubstr("the git repository \"" + gold.path()), HasSubstr("git fsck"))) << what;
    }
  }
};

TEST_F(GitHostile, C15_whose_objects_kill_their_reader_are_refused_and_nothing_is_touched) {
  manifest({"a"});
  gold.commit("Add a");
  apply();
  const std::string commit = gold.git({"rev-parse", "HEAD"}), tree = gold.git({"rev-parse", "HEAD^{tree}"});
  long_object(tree, "tree");
  expect_refused("a tree longer than its header");
  bomb(tree, "tree");
  expect_refused("a tree of 2 GB");
  long_object(commit, "commit");
  expect_refused("a commit longer than its header");
  bomb(commit, "commit");
  expect_refused("a commit of 2 GB");
  EXPECT_EQ(Json::parse(ingot({"plan", "--json"}).out).at("format"), "ingot.problems/1");
  std::filesystem::remove_all(gold / ".git");
  EXPECT_EQ(Json::parse(ingot({"query", "images", "--json"}).out).at("images").size(), 1U);
}

}  // namespace
}  // namespace ingot::scenarios
