// The guards of a manifest's commit: plan warns, apply refuses, going back is said to be meant.
#include <filesystem>

#include <gmock/gmock.h>

#include "tests/scenarios/git_site.hpp"

namespace ingot::scenarios {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::git_in;
using testing_support::read_text;
using testing_support::write_text;

class GitGuarding : public GitSite {
 protected:
  /// What apply says when it refuses with 7, and plan in a note.
  std::string refusal(const std::string& code, const std::map<std::string, std::string>& environment = {},
                      const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"plan", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Ran planned = ingot(words, environment);
    EXPECT_EQ(planned.exit, 0) << "plan only warns: " << planned.out << planned.err;
    EXPECT_THAT(planned.out, HasSubstr("{\"code\":\"" + code + "\",\"address\":null")) << "a note";
    words = {"apply", "--yes", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = ingot(words, environment);
    EXPECT_EQ(ran.exit, 7) << ran.out << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("\"" + code + "\""));
    return ran.err;
  }
  std::string last_run() const { return Json::parse(ingot({"query", "history", "--json"}).out).at("runs").dump(); }
};

TEST_F(GitGuarding, clean_refuses_what_is_not_committed) {
  manifest({"a"}, "[guard]\ngit = [\"clean\"]\n");
  EXPECT_THAT(refusal("git"), AllOf(HasSubstr("the guard \"clean\" (ingot.toml:6)"), HasSubstr("differ from the commit"),
                                    HasSubstr(": \"ingot.toml\"")));
  EXPECT_EQ(last_run(), "[]") << "nothing was done";
  gold.commit("Add a");
  apply();
  std::filesystem::remove_all(gold / ".git");
  EXPECT_THAT(refusal("git"), HasSubstr("it is in no git repository"));
}

TEST_F(GitGuarding, forward_refuses_an_older_commit_unless_going_back_is_meant) {
  manifest({"a"}, "[guard]\ngit = [\"forward\"]\n");
  const std::string one = gold.commit("Add a");
  manifest({"a", "b"}, "[guard]\ngit = [\"forward\"]\n");
  const std::string two = gold.commit("Add b", "bob");
  apply();
  apply();  // the same commit again
  gold.git({"checkout", "-q", one});
  EXPECT_THAT(refusal("git"),
              AllOf(HasSubstr("is older than " + two.substr(0, 12)), HasSubstr("reverts 1 commit"), HasSubstr("--rewind")));
  EXPECT_THAT(plan().at("notes").dump(), HasSubstr("reverts " + two.substr(0, 12) + " \\\"Add b\\\" by bob"));
  EXPECT_THAT(apply({"--rewind"}), AllOf(HasSubstr("reverts " + two.substr(0, 12) + " \"Add b\" by bob"), HasSubstr("delete")));
  apply();  // now this is the commit that was applied last
  gold.git({"checkout", "-q", "main"});
  apply();
}

TEST_F(GitGuarding, an_old_checkout_is_warned_of_where_no_guard_forbids_it) {
  manifest({"a"});
  const std::string one = gold.commit("Add a");
  manifest({"a", "b"});
  const std::string two = gold.commit("Add b", "bob");
  EXPECT_THAT(apply(), Not(HasSubstr("older")));
  EXPECT_THAT(plan().at("notes").dump(), Not(HasSubstr("older")));
  gold.git({"checkout", "-q", one});
  const std::string older = "is older than " + two.substr(0, 12) + ", which was applied last, and reverts 1 commit";
  EXPECT_THAT(plan().at("notes").dump(),
              AllOf(HasSubstr(older), HasSubstr("reverts " + two.substr(0, 12) + " \\\"Add b\\\" by bob")));
  EXPECT_THAT(apply(), AllOf(HasSubstr(older), HasSubstr("old checkout"), HasSubstr("delete")));
  EXPECT_THAT(apply(), Not(HasSubstr("older"))) << "now it is the last one";
}

TEST_F(GitGuarding, forward_knows_a_commit_whose_run_had_nothing_to_do) {
  manifest({"a"}, "[guard]\ngit = [\"forward\"]\n");
  const std::string one = gold.commit("Add a");
  apply();
  const std::string two = gold.commit("Change nothing here");
  apply();
  const std::string runs = last_run();
  EXPECT_THAT(runs, HasSubstr(two)) << "the first run of a commit is kept";
  apply();
  EXPECT_EQ(last_run(), runs) << "a second one is not";
  EXPECT_EQ(ingot({"query", "images", "--at", two}).exit, 0);
  gold.git({"checkout", "-q", one});
  EXPECT_THAT(refusal("git"), HasSubstr("is older than " + two.substr(0, 12)));
}

TEST_F(GitGuarding, forward_tells_a_rewritten_branch_from_a_clone_that_is_too_shallow) {
  const auto guarding = guarded("git = [\"forward\"]\n");
  manifest({"a"});
  gold.commit("Add a");
  apply();
  for (const char* subject : {"One", "Two", "Three"}) gold.commit(subject);
  git_in(folder.path(), {"clone", "-q", "--depth", "1", "file://" + gold.path(), "shallow"});
  const std::vector<std::string> of_clone{"-f", folder / "shallow", "--rev", "HEAD", "--home", "."};
  EXPECT_THAT(refusal("git-unproven", guarding, of_clone), HasSubstr("git -C " + (folder / "shallow") + " fetch --unshallow"));
  git_in(folder / "shallow", {"fetch", "-q", "--unshallow"});
  std::vector<std::string> words{"apply", "--yes"};
  words.insert(words.end(), of_clone.begin(), of_clone.end());
  EXPECT_EQ(ingot(words, guarding).exit, 0);
  gold.git({"reset", "-q", "--hard", "HEAD~4"});
  manifest({"b"});
  gold.commit("Another history");
  EXPECT_THAT(refusal("git-rewritten", guarding), HasSubstr("the branch was rewritten"));
  git_in(folder.path(), {"clone", "-q", "--single-branch", "file://" + gold.path(), "fresh"});
  EXPECT_THAT(refusal("git-rewritten", guarding, {"-f", folder / "fresh", "--home", "."}),
              HasSubstr("is not in the repository any more"));
}

TEST_F(GitGuarding, forward_knows_by_the_published_head_what_a_lost_state_had_applied) {
  const auto guarding = guarded("git = [\"forward\"]\n");
  manifest({"a"});
  const std::string one = gold.commit("Add a");
  manifest({"a", "b"});
  const std::string two = gold.commit("Add b");
  apply();
  const auto lose_the_state = [&] {
    std::filesystem::remove_all(gold / "state");
    EXPECT_EQ(ingot({"state", "rebuild"}).exit, 0);
  };
  lose_the_state();
  gold.git({"checkout", "-q", one});
  EXPECT_THAT(refusal("git", guarding), HasSubstr("is older than " + two.substr(0, 12)));
  gold.git({"checkout", "-q", "main"});
  EXPECT_EQ(ingot({"apply", "--yes"}, guarding).exit, 0);
}

TEST_F(GitGuarding, forward_says_that_it_cannot_prove_anything_of_a_lost_state_whose_head_names_no_commit) {
  const auto guarding = guarded("git = [\"forward\"]\n");
  std::filesystem::rename(gold / ".git", folder / "git.aside");
  manifest({"a"});
  apply();
  std::filesystem::rename(folder / "git.aside", gold / ".git");
  gold.commit("Add a");
  std::filesystem::remove_all(gold / "state");
  EXPECT_EQ(ingot({"state", "rebuild"}).exit, 0);
  EXPECT_THAT(refusal("git-unproven", guarding), HasSubstr("the state was rebuilt"));
  EXPECT_EQ(ingot({"apply", "--yes", "--rewind"}, guarding).exit, 0);
  EXPECT_EQ(ingot({"apply", "--yes"}, guarding).exit, 0) << "now it is known";
}

TEST_F(GitGuarding, C15_what_a_guard_refuses_runs_none_of_its_programs_and_writes_nothing_where_it_says) {
  const std::string program = "[[notify]]\ncommand = [\"/bin/sh\", \"-c\", \"touch " + (folder / "ran") + "\"]\n";
  const auto expect_nothing = [&](const char* when) {
    EXPECT_FALSE(std::filesystem::exists(folder / "ran")) << when;
    EXPECT_FALSE(std::filesystem::exists(gold / "state/cache/last-failure")) << when;
  };
  manifest({"a"}, program);
  refusal("git", guarded("git = [\"clean\"]\n"));
  expect_nothing("not committed");
  gold.commit("Not signed");
  refusal("git", guarded("git = [\"signed\"]\n"));
  expect_nothing("has no signature of an allowed signer");
  EXPECT_EQ(ingot({"apply", "--yes"}, guarded("git = [\"clean\"]\n")).exit, 0);
  EXPECT_TRUE(std::filesystem::remove(folder / "ran")) << "what is accepted is told of";
  gold.git({"reset", "-q", "--hard", "HEAD~1"});
  manifest({"b"}, program);
  gold.commit("Another history");
  refusal("git-rewritten", guarded("git = [\"forward\"]\n"));
  expect_nothing("not forward");
}

TEST_F(GitGuarding, C15_signed_wants_a_key_that_the_host_allows) {
  const std::string key = folder / "key";
  testing_support::make_ssh_key(key);
  testing_support::make_ssh_key(folder / "other");
  write_text(folder / "allowed", "ann@example.net namespaces=\"git\" " + read_text(key + ".pub"));
  const auto guarding = guarded("git = [\"signed\"]\nsigners = \"allowed\"\n");
  manifest({"a"});
  gold.commit("Not signed");
  EXPECT_THAT(refusal("git", guarding), AllOf(HasSubstr("it has no signature"), HasSubstr("guard.toml:2")));
  gold.commit_signed("By another", folder / "other");
  EXPECT_THAT(refusal("git", guarding), HasSubstr("does not name the key"));
  gold.commit_signed("By ann", key);
  const Ran ran = ingot({"apply", "--yes"}, guarding);
  EXPECT_EQ(ran.exit, 0) << ran.err;
  // As some supervisors start programs: they have no children to wait for.
  const Ran ignoring = testing_support::run(
      {.arguments = {"env", "--ignore-signal=CHLD", INGOT_BINARY, "apply", "--yes"}, .folder = gold.path(), .environment = [&] {
         auto environment = testing_support::git_environment(home);
         environment.insert(guarding.begin(), guarding.end());
         return environment;
       }()});
  EXPECT_EQ(ignoring.exit, 0) << ignoring.err;
  manifest({"a", "b"});
  EXPECT_THAT(refusal("git", guarding), HasSubstr("the guard \"signed\"")) << "nobody has signed what is not committed";
  manifest({"a"});
  gold.write("allowed", read_text(folder / "allowed"));
  EXPECT_THAT(refusal("git", guarded("git = [\"signed\"]\nsigners = \"" + (gold / "allowed") + "\"\n")),
              HasSubstr("in the repository itself"));
}

TEST_F(GitGuarding, every_command_that_changes_or_publishes_anything_asks_the_guard_that_apply_asks) {
  manifest({"a"});
  gold.commit("Image a");
  apply();
  gold.write("README", "changed\n");
  gold.commit("Not signed");
  const auto guarding = guarded("git = [\"signed\"]\n");
  const std::string head = read_text(gold / "store/public/head.dsse"), before = last_run();
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"publish"},
                                             {"key", "rotate"},
                                             {"key", "revoke", "keys/catalog.pem"},
                                             {"key", "release", "a"},
                                             {"key", "install", "store/public/root/1.dsse"},
                                             {"verify", "--repair"},
                                             {"gc"},
                                             {"state", "rebuild"},
                                             {"init"},
                                             {"reconcile"}}) {
    const Ran ran = ingot(words, guarding);
    EXPECT_EQ(ran.exit, 7) << words.front() << " " << ran.out << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("the guard \"signed\"")) << words.front();
  }
  EXPECT_EQ(last_run(), before);
  EXPECT_EQ(read_text(gold / "store/public/head.dsse"), head);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"plan"}, {"verify"}, {"gc", "--dry-run"}, {"key", "show"}, {"status"}})
    EXPECT_NE(ingot(words, guarding).exit, 7) << words.front() << " changes nothing";
  EXPECT_EQ(ingot({"publish"}).exit, 0) << "without the guard it is done";
}

TEST_F(GitGuarding, a_hosts_guard_counts_where_it_is_stricter_and_a_manifest_cannot_loosen_it) {
  manifest({"a", "b", "c", "d"});
  apply();
  const auto guarding = guarded("stops = 0\nremovals = { count = 1, percent = 100 }\n");
  manifest({"a"}, "[guard]\nremovals = { count = 100, percent = 100 }\n");
  EXPECT_EQ(plan().at("held"), Json::array());
  const Ran held = ingot({"plan", "--json"}, guarding);
  EXPECT_EQ(held.exit, 7);
  EXPECT_THAT(held.out, HasSubstr("guard.toml:3"));
  write_text(folder / "guard.toml", "[guard]\nsto = 1\n");
  EXPECT_EQ(ingot({"plan"}, guarding).exit, 65) << "a guard that cannot be understood is no leave to go on";
  std::filesystem::remove(folder / "guard.toml");
  EXPECT_EQ(ingot({"plan"}, guarding).exit, 65);
}

}  // namespace
}  // namespace ingot::scenarios
