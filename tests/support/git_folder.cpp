#include "tests/support/git_folder.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/process.hpp"

namespace ingot::testing_support {

std::map<std::string, std::string> git_environment(const std::string& home) {
  return {{"HOME", home},
          {"XDG_CONFIG_HOME", home + "/.config"},
          {"GIT_CONFIG_NOSYSTEM", "1"},
          {"GIT_CONFIG_GLOBAL", home + "/.gitconfig"},
          {"GIT_TERMINAL_PROMPT", "0"}};
}

std::string git_in(const std::string& folder, const std::vector<std::string>& words) {
  Command command{.arguments = {"git", "-c", "protocol.file.allow=always", "-c", "user.name=ann", "-c",
                                "user.email=ann@example.net", "-c", "gc.auto=0"},
                  .folder = folder,
                  .environment = git_environment()};
  command.arguments.insert(command.arguments.end(), words.begin(), words.end());
  Ran ran = run(command);
  EXPECT_EQ(ran.exit, 0) << testing::PrintToString(words) << ran.err;
  while (ran.out.ends_with('\n')) ran.out.pop_back();
  return ran.out;
}

void make_ssh_key(const std::string& path) {
  const Ran ran = run(
      {.arguments = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path}, .folder = "", .environment = {}});
  EXPECT_EQ(ran.exit, 0) << ran.err;
}

GitFolder::GitFolder(const std::string& path, const std::vector<std::string>& more) : path_(path) {
  std::filesystem::create_directories(path);
  std::vector<std::string> words{"init", "-q", "-b", "main"};
  words.insert(words.end(), more.begin(), more.end());
  git(words);
}

std::string GitFolder::git(const std::vector<std::string>& words) const { return git_in(path_, words); }

void GitFolder::write(const std::string& file, const std::string& text) const { write_text(path_ + "/" + file, text); }

std::string GitFolder::commit_with(const std::vector<std::string>& options, const std::string& subject,
                                   const std::string& author) const {
  git({"add", "-A"});
  std::vector<std::string> words = options;
  const std::vector<std::string> rest{
      "commit", "-q", "--allow-empty", "-m", subject, "--author", author + " <" + author + "@example.net>"};
  words.insert(words.end(), rest.begin(), rest.end());
  if (!options.empty()) words.emplace_back("-S");
  git(words);
  return git({"rev-parse", "HEAD"});
}

std::string GitFolder::commit(const std::string& subject, const std::string& author) const {
  return commit_with({}, subject, author);
}

std::string GitFolder::commit_signed(const std::string& subject, const std::string& key) const {
  return commit_with({"-c", "gpg.format=ssh", "-c", "user.signingkey=" + key}, subject, "ann");
}

}  // namespace ingot::testing_support
