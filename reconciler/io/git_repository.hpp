// A git repository as far as ingot reads one: which holds a path, what a revision names, whose it is. Objects are read, never
// a work tree; no hook, filter or helper of the repository is ever run.
#pragma once

#include <memory>
#include <optional>
#include <string>

struct git_repository;

namespace ingot {

/// What a revision names.
struct NamedCommit {
  std::string id;   ///< 40 hex digits
  std::string ref;  ///< "refs/heads/main"; "": it was not named by a ref
  bool operator==(const NamedCommit&) const = default;
};

/// "1.5.1".
std::string libgit2_version();

class GitRepository {
 public:
  /// The one that holds `path`, which need not be there: it lies in its work tree, or in or at the repository itself if that is
  /// bare. nullopt: none does. Error{usage} if it cannot be used (another's, SHA-256 …), with what to do.
  static std::optional<GitRepository> holding(const std::string& path);
  /// The one in this very folder. The same errors; Error{usage} if there is none.
  static GitRepository at(const std::string& folder);

  /// The work tree, or the repository itself if it is bare; for messages and `git -C`. No "/" at its end.
  const std::string& folder() const { return folder_; }
  bool is_bare() const;
  bool is_shallow() const;
  bool is_partial() const;  ///< a clone without all objects
  /// The path in its trees of a path that it holds: "sites/a/ingot.toml"; "" is the root.
  std::string path_in(const std::string& path) const;
  /// Of the remote "origin", or else its folder; without credentials.
  std::string address() const;

  /// What REV names. Error{usage}: nothing, no commit, or several.
  NamedCommit resolve(const std::string& revision) const;
  /// What is checked out; nullopt: no commit was made yet.
  std::optional<NamedCommit> head() const;

  git_repository* handle() const { return repository_.get(); }  ///< for git_* files

 private:
  explicit GitRepository(std::shared_ptr<git_repository> repository);

  std::shared_ptr<git_repository> repository_;
  std::string folder_;
};

}  // namespace ingot
