// A git repository as far as ingot reads one: which holds a path, what a revision names, whose it is. Objects are read, never
// a work tree; no hook, filter or helper of the repository is ever run. All of it is read by a child process (reader.hpp).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/io/git/reader.hpp"

namespace ingot::io {

/// What a revision names.
struct NamedCommit {
  std::string id;   ///< 40 hex digits
  std::string ref;  ///< "refs/heads/main"; "": it was not named by a ref
  bool operator==(const NamedCommit&) const = default;
};
inline auto fields(NamedCommit& one, InMessages) { return std::tie(one.id, one.ref); }

/// "1.5.1".
std::string libgit2_version();

class GitRepository {
 public:
  /// The one that holds `path`, which need not be there: it lies in its work tree, or in or at the repository itself if that is
  /// bare. nullopt: none does. Error{usage} if it cannot be used (another's, SHA-256 …), with what to do.
  static std::optional<GitRepository> holding(const std::string& path);
  /// The one in this very folder. The same errors; Error{usage} if there is none. `fetched`: the address that it was fetched from
  /// by --repo, which is what messages name; a plain name is then a branch first.
  static GitRepository at(const std::string& folder, const std::string& fetched = "");

  /// The work tree, or the repository itself if it is bare; for messages and `git -C`. No "/" at its end.
  const std::string& folder() const { return folder_; }
  bool is_bare() const { return is_bare_; }
  bool is_shallow() const { return is_shallow_; }
  /// The path in its trees of a path that it holds: "sites/a/ingot.toml"; "" is the root.
  std::string path_in(const std::string& path) const;
  /// Of the remote "origin", or else its folder; without credentials.
  std::string address() const;

  /// What REV names, by the rules of revision.hpp. Error{usage}: nothing, no commit, or several.
  NamedCommit resolve(const std::string& revision) const;
  /// What is checked out; nullopt: no commit was made yet.
  std::optional<NamedCommit> head() const;

  /// The folders that its index has as submodules, as paths in its trees.
  std::vector<std::string> submodules() const;
  /// The id of the object that `git add` would make of these bytes of the file at `path` in its trees: with ends of lines and
  /// "$Id$" as its attributes say. No other filter is run.
  std::string id_when_added(const std::string& path, const std::string& bytes) const;

  GitReader& reader() const { return *reader_; }  ///< for the files of this folder

 private:
  GitRepository() = default;
  static std::optional<GitRepository> opened(const std::string& start, bool search, const std::string& fetched);

  std::shared_ptr<GitReader> reader_;
  std::string folder_;
  std::string git_folder_;
  bool is_bare_ = false;
  bool is_shallow_ = false;
};

}  // namespace ingot::io
