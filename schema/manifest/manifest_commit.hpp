// Where the text of a manifest is from: the commit of a git repository. A value; reconciler/io finds it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

struct CommitLine {
  std::string id;       ///< 40 hex digits
  std::string author;   ///< "Ann Example <ann@example.net>"
  std::string subject;  ///< one line, at most 200 bytes
  std::vector<std::string> parents{};
  bool operator==(const CommitLine&) const = default;
};

/// How a commit stands to an earlier one.
enum class Descent {
  same,
  forward,   ///< it descends from the earlier one
  backward,  ///< the earlier one descends from it
  aside,     ///< neither: the branch was rewritten, or it is another
  gone,      ///< the earlier one is not in the repository, whose history is whole: the branch was rewritten
  unproven,  ///< too little of the history is there to tell
};

struct ManifestCommit {
  std::string repository;  ///< the address of its remote "origin", or else its folder; never with credentials
  std::string ref;         ///< "refs/heads/main"; "": the commit was named by itself, or no branch is checked out
  std::string commit;      ///< 40 hex digits
  std::string blob;        ///< the git object of the root manifest in that commit; "": the commit has none
  bool dirty = false;      ///< what was read differs from what the commit has
  bool operator==(const ManifestCommit&) const = default;

  /// "main" of "refs/heads/main"; nullopt: not a branch.
  std::optional<std::string> branch() const;
  /// The commit as papers and published heads say it: "…-dirty" if what was read differs from it.
  std::string commit_text() const;
};

/// The address of a repository without what lets anybody in: no password and no query; no user either, but in ssh.
std::string without_credentials(std::string_view address);

}  // namespace ingot
