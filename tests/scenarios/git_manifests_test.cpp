// Manifests read out of real git repositories, and the commit that every run is recorded with.
#include <filesystem>

#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/scenarios/git_site.hpp"

namespace ingot::scenarios {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing_support::git_in;
using testing_support::read_text;
using testing_support::write_text;

using GitManifests = GitSite;

TEST_F(GitManifests, a_revision_is_read_whatever_is_checked_out_with_its_includes_and_cards) {
  gold.write("sites/gold/ingot.toml",
             "manifest = 1\ninclude = [\"images/*.toml\"]\n[server]\nname = \"gold\"\n[[peer]]\nname = \"silver\"\ncard = "
             "\"../silver.card.toml\"\n");
  gold.write("sites/gold/images/a.toml", "[[image]]\nname = \"a\"\nsource = \"stage/a\"\n");
  gold.write("sites/silver.card.toml", read_text(gold / "server.card.toml"));
  const std::string commit = gold.commit("Add a site");
  git_in(folder.path(), {"clone", "-q", "--bare", gold.path(), "bare.git"});
  std::filesystem::remove_all(gold / "sites");
  for (const std::string& file :
       {std::string("sites/gold"), std::string("sites/gold/ingot.toml"), folder / "bare.git/sites/gold"}) {
    const Ran ran = ingot({"plan", "--json", "-f", file, "--rev", "main", "--home", "."});
    ASSERT_EQ(ran.exit, 3) << ran.out << ran.err;
    const Json plan = Json::parse(ran.out);
    EXPECT_EQ(plan.at("manifest").at("path"), file.ends_with(".toml") ? file : file + "/ingot.toml");
    EXPECT_EQ(plan.at("manifest").at("git").at("commit"), commit);
    EXPECT_EQ(plan.at("manifest").at("git").at("branch"), "main");
    EXPECT_EQ(plan.at("manifest").at("git").at("dirty"), false);
    EXPECT_EQ(plan.at("manifest").at("git").at("blob"), gold.git({"rev-parse", "main:sites/gold/ingot.toml"}));
    EXPECT_THAT(actions(plan), ElementsAre("add image.a", "publish catalog"));
    EXPECT_EQ(action(plan, "image.a").at("because")[0].at("at"), "images/a.toml:1");
    EXPECT_THAT(entries(plan, "notes"), testing::Contains("source-missing image.a")) << "home/images/stage/a";
  }
}

TEST_F(GitManifests, mistakes_are_shown_at_their_place_under_the_name_that_was_given) {
  gold.write("ingot.toml", "manifest = 1\ninclude = [\"/etc/x.toml\", \"gone.toml\"]\n[server]\nname = \"gold\"\nstor = 1\n");
  gold.commit("Break it");
  manifest({});
  const Ran ran = ingot({"validate", "--rev", "HEAD", "-f", gold / "ingot.toml"});
  EXPECT_EQ(ran.exit, 65);
  EXPECT_THAT(ran.err,
              AllOf(HasSubstr((gold / "ingot.toml") + ":5:1: "), HasSubstr("it has an absolute path, which is not of the commit"),
                    HasSubstr("No such file or directory")));
  EXPECT_EQ(ingot({"validate", "--rev", "HEAD~1"}).exit, 0);
  EXPECT_EQ(ingot({"validate"}).exit, 0);
  EXPECT_EQ(ingot({"validate", "--rev", "nowhere"}).exit, 64);
  EXPECT_EQ(ingot({"validate", "--rev", "main", "-f", folder / "sources"}).exit, 64) << "no repository";
}

TEST_F(GitManifests, every_run_says_which_commit_it_was_and_whether_that_was_all) {
  gold.git({"remote", "add", "origin", "https://ann:secret@example.net/gold.git"});
  manifest({"a"});
  const std::string commit = gold.commit("Add a");
  apply();
  const Json run = Json::parse(ingot({"query", "history", "--json"}).out).at("runs")[0];
  EXPECT_EQ(run.at("manifest").at("git"), (Json{{"repository", "https://example.net/gold.git"},
                                                {"ref", "refs/heads/main"},
                                                {"branch", "main"},
                                                {"commit", commit},
                                                {"blob", gold.git({"rev-parse", "HEAD:ingot.toml"})},
                                                {"dirty", false}}));
  EXPECT_EQ(Json::parse(ingot({"query", "images", "a", "--json"}).out).at("images")[0].at("arrived").at("commit"), commit);
  write_text(folder / "payload", Json::parse(read_text(gold / "store/public/head.dsse")).at("payload").get<std::string>());
  const Ran head = testing_support::run({.arguments = {"base64", "-d", folder / "payload"}, .folder = "", .environment = {}});
  EXPECT_THAT(head.out, HasSubstr("\"note\":{\"commit\":\"" + commit + "\"}"));
  manifest({"a", "b"});
  EXPECT_EQ(plan().at("manifest").at("git").at("dirty"), true);
  apply();
  EXPECT_EQ(Json::parse(ingot({"query", "images", "b", "--json"}).out).at("images")[0].at("arrived").at("commit"),
            commit + "-dirty");
  const Ran shown = ingot({"show", run.at("id").get<std::string>()});
  EXPECT_THAT(shown.out,
              AllOf(HasSubstr(commit.substr(0, 12)), HasSubstr("https://example.net/gold.git"), Not(HasSubstr("secret"))));
  EXPECT_EQ(plan({"--rev", "HEAD"}).at("manifest").at("git").at("dirty"), false);
}

TEST_F(GitManifests, outside_a_repository_there_is_no_commit_and_nothing_else_differs) {
  std::filesystem::remove_all(gold / ".git");
  EXPECT_EQ(plan().at("manifest").at("git"), nullptr);
  manifest({"a"});
  apply();
  EXPECT_EQ(Json::parse(ingot({"query", "history", "--json"}).out).at("runs")[0].at("manifest").at("git"), nullptr);
}

TEST_F(GitManifests, a_commit_that_cannot_be_known_is_a_note_and_no_obstacle) {
  std::filesystem::remove_all(gold / ".git");
  const testing_support::GitFolder other(gold.path(), {"--object-format=sha256"});
  other.commit("All");
  const Json sha256 = plan();
  EXPECT_EQ(sha256.at("manifest").at("git"), nullptr);
  EXPECT_THAT(sha256.at("notes").dump(), AllOf(HasSubstr("no-commit"), HasSubstr("SHA-256")));
  EXPECT_THAT(ingot({"plan", "--rev", "HEAD"}).err, HasSubstr("SHA-256"));
  EXPECT_THAT(apply({}, 0), HasSubstr("No changes"));
}

TEST_F(GitManifests, C15_another_users_repository_works_once_it_is_said_to_be_safe) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(gold / ".git"))
    ASSERT_EQ(::lchown(entry.path().c_str(), 65534, 65534), 0);
  for (const std::string& path : {gold / ".git", gold.path()}) ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
  const Ran refused = ingot({"plan", "--rev", "main"});
  EXPECT_EQ(refused.exit, 64);
  const auto at = refused.err.find("git config");
  ASSERT_NE(at, std::string::npos) << refused.err;
  EXPECT_THAT(plan().at("notes").dump(), HasSubstr("git config --global --add safe.directory " + gold.path()));
  testing_support::run(
      {.arguments = {"sh", "-c", refused.err.substr(at)}, .folder = "", .environment = testing_support::git_environment(home)});
  EXPECT_EQ(plan({"--rev", "main"}).at("manifest").at("git").at("branch"), "main");
  write_text(home + "/.gitconfig", "[safe]\n\tdirectory = *\n");
  EXPECT_EQ(plan().at("notes"), Json::array());
  for (const char* end : {"\tdirectory\n", "\tdirectory =\n"}) {
    write_text(home + "/.gitconfig", std::string("[safe]\n\tdirectory = *\n") + end);
    EXPECT_THAT(plan().at("notes").dump(), HasSubstr("belongs to another user")) << "no value takes back what was named before";
    EXPECT_EQ(ingot({"plan", "--repo", gold.path(), "--rev", "main"}).exit, 3);
  }
  for (const std::string& path : {gold / ".git", gold.path()}) ASSERT_EQ(::chown(path.c_str(), 0, 0), 0);
}

TEST_F(GitManifests, an_ambiguous_name_is_refused_wherever_a_revision_is_given) {
  const std::string old = gold.git({"rev-parse", "HEAD"});
  manifest({"a"});
  gold.commit("Add a");
  gold.git({"tag", "main", old});
  git_in(folder.path(), {"clone", "-q", "--bare", gold.path(), "bare.git"});
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"plan", "--rev", "main"},
                                             {"plan", "--base", "main"},
                                             {"plan", "-f", folder / "bare.git", "--rev", "main", "--home", "."}}) {
    const Ran ran = ingot(words);
    EXPECT_EQ(ran.exit, 64) << ran.out;
    EXPECT_THAT(ran.err, AllOf(HasSubstr("refs/heads/main"), HasSubstr("refs/tags/main")));
  }
  EXPECT_THAT(actions(plan({"--rev", "refs/heads/main"})), testing::Contains("add image.a"));
  EXPECT_THAT(actions(plan({"--repo", gold.path(), "--rev", "main"})), testing::Contains("add image.a"));
}

TEST_F(GitManifests, C15_an_include_that_passes_a_submodule_or_lfs_is_refused_and_deletes_nothing) {
  const testing_support::GitFolder shared(folder / "common");
  shared.write("b.toml", "[[image]]\nname = \"b\"\nsource = \"" + (folder / "sources/b") + "\"\n");
  shared.commit("Add b");
  gold.git({"submodule", "add", "-q", shared.path(), "shared"});
  manifest({"a"});
  const std::string text = read_text(gold / "ingot.toml");
  gold.write("ingot.toml", "include = [\"shared/*.toml\"]\n" + text);
  gold.commit("Include what is shared");
  git_in(folder.path(), {"clone", "-q", gold.path(), "clone"});
  const auto expect_refused = [&](const Ran& ran) {
    EXPECT_EQ(ran.exit, 65) << ran.out << ran.err;
    EXPECT_THAT(ran.err, AllOf(HasSubstr("ingot.toml:1:"), HasSubstr("\"shared\" is a submodule")));
  };
  expect_refused(ingot({"plan", "--rev", "main"}));
  expect_refused(ingot({"plan", "--repo", gold.path(), "--rev", "main"}));
  expect_refused(ingot({"validate"}, {}, folder / "clone"));
  expect_refused(ingot({"fleet", "check", folder / "clone/ingot.toml"}));
  gold.write("ingot.toml", "include = [\"images/*.toml\"]\n" + text);
  gold.write("images/b.toml", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
  gold.commit("Include a pointer");
  for (const auto& words : std::vector<std::vector<std::string>>{{"validate"}, {"validate", "--rev", "main"}}) {
    const Ran ran = ingot(words);
    EXPECT_EQ(ran.exit, 65);
    EXPECT_THAT(ran.err, HasSubstr("pointer of Git LFS"));
  }
}

TEST_F(GitManifests, a_home_that_cannot_be_entered_is_none) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can run as another user";
  manifest({"a"});
  gold.commit("Add a");
  const std::string closed = folder / "closed";
  std::filesystem::create_directory(closed);
  write_text(closed + "/.gitconfig", "");
  std::filesystem::permissions(closed, std::filesystem::perms::owner_all);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (entry.path().string().starts_with(closed)) continue;
    ASSERT_EQ(::lchown(entry.path().c_str(), 65534, 65534), 0);
  }
  ASSERT_EQ(::chown(folder.path().c_str(), 65534, 65534), 0);
  const auto as_nobody = [&](std::vector<std::string> words) {
    testing_support::Command command{
        .arguments = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", INGOT_BINARY},
        .folder = gold.path(),
        .environment = testing_support::git_environment(closed)};
    command.arguments.insert(command.arguments.end(), words.begin(), words.end());
    return testing_support::run(command);
  };
  const Ran here = as_nobody({"plan", "--json"});
  ASSERT_EQ(here.exit, 0) << here.err;
  EXPECT_EQ(Json::parse(here.out).at("manifest").at("git").at("dirty"), false);
  EXPECT_EQ(Json::parse(here.out).at("notes"), Json::array());
  for (const auto& words : std::vector<std::vector<std::string>>{{"plan", "--rev", "main"},
                                                                 {"plan", "--repo", "file://" + gold.path(), "--rev", "main"}}) {
    const Ran ran = as_nobody(words);
    EXPECT_EQ(ran.exit, 0) << ran.err;
  }
}

TEST_F(GitManifests, what_was_here_after_the_run_of_a_commit_is_told) {
  manifest({"a"});
  const std::string one = gold.commit("Add a");
  apply();
  manifest({"b"});
  const std::string two = gold.commit("Add b, take a out");
  apply();
  gold.commit("Nothing new");
  const auto images = [&](const std::string& moment) {
    std::string names;
    const Ran ran = ingot({"query", "images", "--at", moment, "--json"});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    const Json seen = Json::parse(ran.out);
    for (const auto& thing : seen.at("things"))
      names += thing.at("name").get<std::string>() + thing.at("arrived").at("commit").get<std::string>();
    return names;
  };
  EXPECT_EQ(images(one), "a" + one);
  EXPECT_EQ(images(one.substr(0, 10)), "a" + one);
  EXPECT_EQ(images("HEAD~1"), "b" + two);
  EXPECT_THAT(ingot({"query", "images", "--at", "HEAD"}).err, HasSubstr("no run belongs to the commit"));
}

}  // namespace
}  // namespace ingot::scenarios
