// The files of a commit as parse_manifest reaches them: from the object store, whatever is checked out. Links are followed
// inside the commit only; submodules, LFS pointers and objects that a partial clone lacks are told apart.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "reconciler/io/git/repository.hpp"
#include "schema/manifest/parse_manifest.hpp"

namespace ingot::io {

/// Paths are of the tree: "sites/a/ingot.toml", "" is its root; folders in front of other paths end with "/".
class GitTreeFiles {
 public:
  /// `commit`: 40 hex digits. Error{usage} if its tree cannot be read.
  GitTreeFiles(GitRepository repository, const std::string& commit);

  bool is_folder(const std::string& path) const;
  /// Regular files of at most largest_manifest bytes.
  std::variant<std::string, Unreadable> read(const std::string& path) const;
  /// The paths in `folder` that the pattern matches as glob(3) does, sorted by bytes, without it in front. Unreadable: the
  /// pattern passes what cannot be looked into (a submodule, an object that is not here, a link that leads out of the commit).
  std::variant<std::vector<std::string>, Unreadable> glob(const std::string& folder, const std::string& pattern) const;
  /// The git object of a file, 40 hex digits; "": there is no such file.
  std::string blob(const std::string& path) const;

 private:
  GitRepository repository_;
  std::string tree_;
};

/// The same for parse_manifest, under the names that the user gave: what is in `shown` ("" or ending with "/") is `folder` of
/// the tree.
ManifestFiles manifest_files(const std::shared_ptr<const GitTreeFiles>& tree, const std::string& shown,
                             const std::string& folder);

/// Listens to what a parser reads from the disk, to hold it against a commit.
class ReadFromDisk {
 public:
  ReadFromDisk();
  /// `files`, listened to; what it gives refers to this.
  ManifestFiles listen(const ManifestFiles& files);
  /// The paths in the tree of what was read that the commit has with other bytes, or has not, and of what it has and was not
  /// found; sorted. Empty: all that was read is committed.
  std::vector<std::string> differing(const GitTreeFiles& tree, const GitRepository& repository) const;

 private:
  struct Heard;
  std::shared_ptr<Heard> heard_;
};

}  // namespace ingot::io
