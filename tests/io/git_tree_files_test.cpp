// The files of a commit, out of repositories that git itself made.
#include "reconciler/io/git/tree_files.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "reconciler/io/disk/manifest_files.hpp"
#include "reconciler/io/git/submodules.hpp"
#include "schema/error.hpp"
#include "tests/support/git_folder.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::git_tree_files_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::git_in;
using testing_support::GitFolder;
using testing_support::TestFolder;

class git_tree_files : public testing::Test {
 protected:
  io::GitTreeFiles tree(const std::string& revision = "HEAD") const { return tree_in(repository_.path(), revision); }
  static io::GitTreeFiles tree_in(const std::string& path, const std::string& revision = "HEAD") {
    io::GitRepository repository = *io::GitRepository::holding(path);
    return {repository, repository.resolve(revision).id};
  }
  static std::string text(const io::GitTreeFiles& tree, const std::string& path) {
    const auto read = tree.read(path);
    const auto* const unreadable = std::get_if<Unreadable>(&read);
    return unreadable != nullptr ? "UNREADABLE: " + unreadable->why : std::get<std::string>(read);
  }
  using Matches = std::variant<std::vector<std::string>, Unreadable>;
  static std::vector<std::string> paths(const Matches& matches) {
    const auto* const unreadable = std::get_if<Unreadable>(&matches);
    return unreadable != nullptr ? std::vector{"UNREADABLE: " + unreadable->why} : std::get<std::vector<std::string>>(matches);
  }

  TestFolder folder_;
  GitFolder repository_{folder_ / "r"};
};

TEST_F(git_tree_files, are_those_of_the_commit_whatever_is_checked_out) {
  repository_.write("sites/a/ingot.toml", "one");
  const std::string first = repository_.commit("one");
  repository_.write("sites/a/ingot.toml", "two");
  repository_.commit("two");
  repository_.write("sites/a/ingot.toml", "not committed");
  EXPECT_EQ(text(tree(), "sites/a/ingot.toml"), "two");
  EXPECT_EQ(text(tree("main~1"), "sites/a/ingot.toml"), "one");
  EXPECT_EQ(text(tree(first), "sites/a/../a/./ingot.toml"), "one");
  EXPECT_TRUE(tree().is_folder("sites/a"));
  EXPECT_TRUE(tree().is_folder(""));
  EXPECT_FALSE(tree().is_folder("sites/a/ingot.toml"));
  EXPECT_EQ(text(tree(), "sites/a"), "UNREADABLE: Is a directory");
  EXPECT_EQ(text(tree(), "sites/b"), "UNREADABLE: No such file or directory");
  EXPECT_EQ(text(tree(), "sites/a/ingot.toml/x"), "UNREADABLE: Not a directory");
  EXPECT_THAT(text(tree(), "../ingot.toml"), HasSubstr("leads out of the repository"));
  EXPECT_EQ(tree().blob("sites/a/ingot.toml"), repository_.git({"rev-parse", "HEAD:sites/a/ingot.toml"}));
  EXPECT_EQ(tree().blob("sites/a"), "");
}

TEST_F(git_tree_files, match_globs_as_the_disk_does) {
  for (const char* name : {"b.toml", "a.toml", "B.toml", ".hidden.toml", "c.txt", "deep/d.toml", "deep/er/e.toml"})
    repository_.write(std::string("images/") + name, name);
  std::filesystem::create_directory(repository_ / "images/folder.toml");
  repository_.write("images/folder.toml/x", "");
  repository_.commit("images");
  const ManifestFiles disk = io::disk_manifest_files();
  for (const char* pattern : {"images/*.toml", "images/[a-b].toml", "images/?.toml", "*/*/*.toml", "images/none*",
                              "images/a.toml/*", "images/.*.toml", "images/deep/*"}) {
    std::vector<std::string> expected = paths(disk.glob(repository_ / "", pattern));
    for (auto& path : expected) path.erase(0, (repository_ / "").size());
    EXPECT_EQ(paths(tree().glob("", pattern)), expected) << pattern;
  }
  EXPECT_THAT(paths(tree().glob("images/", "*.txt")), ElementsAre("c.txt"));
}

TEST_F(git_tree_files, C15_follow_links_inside_the_commit_and_none_that_leaves_it) {
  repository_.write("common/card.toml", "the card");
  repository_.write("sites/a/x", "");
  const auto link = [&](const std::string& to, const std::string& name) {
    std::filesystem::create_symlink(to, repository_ / name);
  };
  link("../../common/card.toml", "sites/a/card.toml");
  link("../common", "sites/shared");
  link("/etc/passwd", "sites/a/absolute");
  link("../../../outside", "sites/a/above");
  link("loop", "loop");
  repository_.commit("links");
  EXPECT_EQ(text(tree(), "sites/a/card.toml"), "the card");
  EXPECT_EQ(text(tree(), "sites/shared/card.toml"), "the card");
  EXPECT_THAT(paths(tree().glob("", "sites/shared/*.toml")), ElementsAre("sites/shared/card.toml"));
  EXPECT_THAT(text(tree(), "sites/a/absolute"), HasSubstr("leads out of the repository"));
  EXPECT_THAT(text(tree(), "sites/a/above"), HasSubstr("leads out of the repository"));
  EXPECT_THAT(text(tree(), "loop"), HasSubstr("symbolic links"));
  link("/etc", "outside");
  repository_.commit("a link to a folder");
  EXPECT_THAT(paths(tree().glob("", "outside/*.toml")), ElementsAre(HasSubstr("leads out of the repository")));
}

TEST_F(git_tree_files, C15_say_what_a_submodule_an_lfs_pointer_and_a_giant_are) {
  const GitFolder other(folder_ / "other");
  other.write("card.toml", "");
  other.commit("card");
  repository_.write("lfs.toml", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
  repository_.write("giant.toml", "");
  std::filesystem::resize_file(repository_ / "giant.toml", largest_manifest + 1);
  repository_.git({"submodule", "add", "-q", other.path(), "peers"});
  repository_.commit("all");
  EXPECT_THAT(text(tree(), "peers/card.toml"), HasSubstr("\"peers\" is a submodule"));
  for (const char* pattern : {"peers/*.toml", "*/card.toml", "p*/deep/?.toml"})
    EXPECT_THAT(paths(tree().glob("", pattern)), ElementsAre(HasSubstr("\"peers\" is a submodule"))) << pattern;
  EXPECT_THAT(paths(tree().glob("", "images/*.toml")), IsEmpty()) << "a pattern that passes no submodule";
  EXPECT_THAT(text(tree(), "lfs.toml"), HasSubstr("LFS"));
  EXPECT_THAT(text(tree(), "giant.toml"), HasSubstr("it has 16777217 bytes"));
}

TEST_F(git_tree_files, C15_run_nothing_of_the_repository_and_heed_no_variable_of_git) {
  repository_.write(".gitattributes", "*.toml filter=evil\n");
  repository_.write("ingot.toml", "as committed");
  repository_.commit("all");
  const std::string touch = "touch " + (folder_ / "ran");
  for (const char* key : {"filter.evil.smudge", "core.fsmonitor", "core.sshCommand", "core.alternateRefsCommand"})
    repository_.git({"config", key, touch});
  testing_support::write_text(repository_ / ".git/hooks/post-checkout", "#!/bin/sh\n" + touch + "\n");
  ::setenv("GIT_DIR", "/nonexistent", 1);
  ::setenv("GIT_OBJECT_DIRECTORY", "/nonexistent", 1);
  EXPECT_EQ(text(tree(), "ingot.toml"), "as committed");
  ::unsetenv("GIT_DIR");
  ::unsetenv("GIT_OBJECT_DIRECTORY");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "ran"));
}

TEST_F(git_tree_files, are_the_same_in_bare_shallow_sparse_and_linked_trees) {
  repository_.write("ingot.toml", "text");
  repository_.write("sites/a/ingot.toml", "a");
  const std::string commit = repository_.commit("all");
  const std::string url = "file://" + repository_.path();
  git_in(folder_.path(), {"clone", "-q", "--bare", url, "bare"});
  git_in(folder_.path(), {"clone", "-q", "--depth", "1", url, "shallow"});
  git_in(folder_.path(), {"clone", "-q", "--sparse", url, "sparse"});
  repository_.git({"worktree", "add", "-q", folder_ / "linked", "-b", "other"});
  repository_.git({"config", "extensions.worktreeConfig", "true"});
  for (const char* clone : {"bare", "shallow", "sparse", "linked"}) {
    EXPECT_EQ(text(tree_in(folder_ / clone), "sites/a/ingot.toml"), "a") << clone;
    const io::GitRepository repository = *io::GitRepository::holding((folder_ / clone) + "/sites/a/ingot.toml");
    EXPECT_EQ(repository.path_in((folder_ / clone) + "/sites/a/ingot.toml"), "sites/a/ingot.toml") << clone;
    EXPECT_EQ(repository.path_in(folder_ / clone), "") << clone;
    EXPECT_EQ(repository.head()->id, commit) << clone;
    EXPECT_EQ(repository.is_shallow(), std::string(clone) == "shallow") << clone;
    EXPECT_EQ(repository.is_bare(), std::string(clone) == "bare") << clone;
  }
  EXPECT_EQ(io::GitRepository::holding(folder_ / "bare")->address(), url);
  EXPECT_EQ(io::GitRepository::holding(repository_.path())->address(), repository_.path());
  EXPECT_EQ(io::GitRepository::holding(folder_ / "linked")->head()->ref, "refs/heads/other");
}

TEST_F(git_tree_files, of_a_partial_clone_say_how_to_fetch_what_it_lacks) {
  repository_.write("ingot.toml", "text");
  repository_.commit("all");
  repository_.git({"config", "uploadpack.allowFilter", "true"});
  git_in(folder_.path(), {"clone", "-q", "--no-checkout", "--filter=blob:none", "file://" + repository_.path(), "partial"});
  const std::string why = text(tree_in(folder_ / "partial"), "ingot.toml");
  const auto at = why.find("git -C");
  ASSERT_NE(at, std::string::npos) << why;
  EXPECT_EQ(testing_support::run(
                {.arguments = {"sh", "-c", why.substr(at)}, .folder = "", .environment = testing_support::git_environment()})
                .exit,
            0)
      << why;
  EXPECT_EQ(text(tree_in(folder_ / "partial"), "ingot.toml"), "text");
}

TEST_F(git_tree_files, of_a_clone_without_trees_match_no_pattern_by_guess) {
  repository_.write("images/a.toml", "a");
  repository_.write("ingot.toml", "text");
  repository_.commit("all");
  repository_.git({"config", "uploadpack.allowFilter", "true"});
  git_in(folder_.path(), {"clone", "-q", "--no-checkout", "--filter=tree:1", "file://" + repository_.path(), "partial"});
  EXPECT_THAT(paths(tree_in(folder_ / "partial").glob("", "images/*.toml")), ElementsAre(HasSubstr("partial clone")));
}

TEST_F(git_tree_files, on_the_disk_nothing_is_read_in_a_submodule_be_it_checked_out_or_not) {
  const GitFolder other(folder_ / "other");
  other.write("a.toml", "a");
  other.commit("all");
  repository_.write("images/b.toml", "b");
  repository_.write("pointer.toml", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
  repository_.git({"submodule", "add", "-q", other.path(), "vendor/shared"});
  std::filesystem::create_symlink("vendor/shared", repository_ / "link");
  repository_.commit("all");
  git_in(folder_.path(), {"clone", "-q", repository_.path(), "clone"});
  for (const std::string& checkout : {repository_.path(), folder_ / "clone"}) {
    const ManifestFiles files = io::without_submodules(io::disk_manifest_files(), *io::GitRepository::holding(checkout));
    const auto matches = [&](const std::string& pattern) { return paths(files.glob(checkout + "/", pattern)); };
    for (const char* pattern :
         {"vendor/shared/*.toml", "vendor/*/a.toml", "*/shared/*.toml", "*/*/*", "link/*.toml", "images/../vendor/shared/*.toml"})
      EXPECT_THAT(matches(pattern), ElementsAre(HasSubstr("\"vendor/shared\" is a submodule"))) << checkout << pattern;
    for (const char* path : {"vendor/shared/a.toml", "link/a.toml", "images/../vendor/shared/a.toml"}) {
      const auto read = files.read(checkout + "/" + path);
      EXPECT_THAT(std::get<Unreadable>(read).why, HasSubstr("is a submodule")) << path;
    }
    EXPECT_THAT(std::get<Unreadable>(files.read(checkout + "/pointer.toml")).why, HasSubstr("LFS"));
    EXPECT_THAT(matches("images/*.toml"), ElementsAre(checkout + "/images/b.toml"));
    EXPECT_THAT(matches("*/b.toml"), ElementsAre(checkout + "/images/b.toml"));
    EXPECT_EQ(std::get<std::string>(files.read(checkout + "/images/b.toml")), "b");
  }
  std::filesystem::remove_all(folder_ / "clone/vendor");
  const ManifestFiles files = io::without_submodules(io::disk_manifest_files(), *io::GitRepository::holding(folder_ / "clone"));
  EXPECT_THAT(paths(files.glob((folder_ / "clone") + "/", "vendor/shared/*.toml")), ElementsAre(HasSubstr("is a submodule")))
      << "not even its folder is there";
}

TEST_F(git_tree_files, take_a_checkout_with_other_ends_of_lines_for_what_was_committed) {
  repository_.write(".gitattributes", "*.toml text eol=crlf\nid.txt ident\n");
  repository_.write("ingot.toml", "one\ntwo\n");
  repository_.write("id.txt", "$Id$\n");
  repository_.commit("all");
  for (const char* name : {"ingot.toml", "id.txt"}) std::filesystem::remove(repository_ / name);
  repository_.git({"checkout", "-q", "--", "."});
  ASSERT_THAT(testing_support::read_text(repository_ / "ingot.toml"), HasSubstr("\r\n"));
  const io::GitRepository repository = *io::GitRepository::holding(repository_.path());
  const auto differs = [&] {
    io::ReadFromDisk heard;
    const ManifestFiles files = heard.listen(io::disk_manifest_files());
    for (const char* name : {"ingot.toml", "id.txt"}) files.read(repository_ / name);
    return heard.differing(tree(), repository);
  };
  EXPECT_THAT(differs(), IsEmpty());
  repository_.write("ingot.toml", "one\r\nother\r\n");
  EXPECT_THAT(differs(), ElementsAre("ingot.toml"));
}

TEST_F(git_tree_files, tell_what_the_disk_has_otherwise) {
  repository_.write("ingot.toml", "text");
  repository_.write("images/a.toml", "a");
  repository_.commit("all");
  const io::GitRepository repository = *io::GitRepository::holding(repository_.path());
  const auto differs = [&] {
    io::ReadFromDisk heard;
    const ManifestFiles files = heard.listen(io::disk_manifest_files());
    files.read(repository_ / "ingot.toml");
    for (const auto& path : paths(files.glob(repository_ / "", "images/*.toml"))) files.read(path);
    return heard.differing(tree(), repository);
  };
  EXPECT_THAT(differs(), IsEmpty());
  repository_.write("other", "not read, so it does not count");
  EXPECT_THAT(differs(), IsEmpty());
  repository_.write("images/b.toml", "b");
  EXPECT_THAT(differs(), ElementsAre("images/b.toml"));
  std::filesystem::remove(repository_ / "images/b.toml");
  std::filesystem::remove(repository_ / "images/a.toml");
  EXPECT_THAT(differs(), ElementsAre("images/a.toml")) << "a file that the commit has is gone";
  repository_.write("images/a.toml", "A");
  repository_.write("ingot.toml", "other text");
  EXPECT_THAT(differs(), ElementsAre("images/a.toml", "ingot.toml"));
  repository_.write("images/a.toml", "a");
  repository_.write("ingot.toml", "text");
  EXPECT_THAT(differs(), IsEmpty());
}

/// What the Error says, with what to do.
std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) { return error.text() + "; " + error.mend(); }
  return "not refused";
}

TEST_F(git_tree_files, C15_another_users_repository_is_refused_with_the_command_that_trusts_it) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  repository_.write("ingot.toml", "text");
  repository_.commit("all");
  const auto owned_by = [&](uid_t user) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(repository_.path()))
      ASSERT_EQ(::lchown(entry.path().c_str(), user, user), 0);
    ASSERT_EQ(::chown(repository_.path().c_str(), user, user), 0);
  };
  owned_by(65534);
  EXPECT_THAT(
      refusal([&] { io::GitRepository::holding(repository_ / "ingot.toml"); }),
      HasSubstr("belongs to another user; if you trust it: git config --global --add safe.directory " + repository_.path()));
  owned_by(0);
}

TEST_F(git_tree_files, a_repository_of_sha256_objects_is_refused_with_what_works) {
  const GitFolder other(folder_ / "s", {"--object-format=sha256"});
  EXPECT_THAT(refusal([&] { io::GitRepository::holding(other.path()); }), HasSubstr("SHA-256"));
}

TEST_F(git_tree_files, a_repository_with_an_extension_that_is_not_known_is_refused_by_its_name) {
  const auto extend = [&](const std::string& extension) {  // git itself would not, once it does not know one
    testing_support::write_text(repository_ / ".git/config",
                                "[core]\n\trepositoryformatversion = 1\n[extensions]\n\t" + extension + " = true\n");
  };
  extend("relativeWorktrees");
  EXPECT_THAT(refusal([&] { io::GitRepository::holding(repository_.path()); }),
              testing::AllOf(HasSubstr("has extensions.relativeWorktrees"), HasSubstr("worktree repair --no-relative-paths")));
  extend("fromTheFuture");
  EXPECT_THAT(refusal([&] { io::GitRepository::holding(repository_.path()); }), HasSubstr("has the extension \"fromthefuture\""));
}

TEST_F(git_tree_files, a_revision_that_names_no_commit_is_refused) {
  EXPECT_EQ(io::GitRepository::holding(repository_.path())->head(), std::nullopt) << "nothing was committed yet";
  repository_.write("a", "");
  const std::string commit = repository_.commit("all");
  repository_.git({"tag", "-a", "v1", "-m", "one"});
  const io::GitRepository repository = *io::GitRepository::holding(repository_.path());
  EXPECT_EQ(repository.resolve("v1"), (io::NamedCommit{commit, "refs/tags/v1"}));
  EXPECT_EQ(repository.resolve("HEAD"), (io::NamedCommit{commit, "refs/heads/main"}));
  EXPECT_EQ(repository.resolve(commit.substr(0, 10)), (io::NamedCommit{commit, ""}));
  EXPECT_THAT(refusal([&] { repository.resolve("none"); }), HasSubstr("\"none\" names nothing"));
  EXPECT_THAT(refusal([&] { repository.resolve("HEAD:a"); }), HasSubstr("\"HEAD:a\" names no commit"));
  EXPECT_FALSE(io::GitRepository::holding("/"));
}

}  // namespace
}  // namespace ingot::git_tree_files_test
