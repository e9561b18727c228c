// A real git repository for tests, driven through git itself; no configuration of the machine's or the user's bears on it.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace ingot::testing_support {

class GitFolder {
 public:
  /// Makes the folder and a repository with the branch "main" in it; `more`: further words of "git init".
  explicit GitFolder(const std::string& path, const std::vector<std::string>& more = {});

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  /// What "git WORDS" prints, without the last newline; fails the test if it fails.
  std::string git(const std::vector<std::string>& words) const;
  void write(const std::string& file, const std::string& text) const;
  /// Everything that is there now, as a commit by "NAME <NAME@example.net>"; gives its id.
  std::string commit(const std::string& subject, const std::string& author = "ann") const;
  /// The same, signed by ssh with this private key.
  std::string commit_signed(const std::string& subject, const std::string& key) const;

 private:
  std::string commit_with(const std::vector<std::string>& options, const std::string& subject, const std::string& author) const;

  std::string path_;
};

/// What "git WORDS" prints, run in `folder`; fails the test if it fails.
std::string git_in(const std::string& folder, const std::vector<std::string>& words);
/// What keeps the configuration of the user and of the machine away from git and ingot. `home`: an own one, or none.
std::map<std::string, std::string> git_environment(const std::string& home = "/nonexistent");
/// A private ssh key without a passphrase; beside it is its public one, KEY.pub.
void make_ssh_key(const std::string& path);

}  // namespace ingot::testing_support
