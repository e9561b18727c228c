// What [guard] git says of a manifest's commit. Pure: what is known of the commit comes in as a value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/code.hpp"
#include "schema/manifest/guard.hpp"
#include "schema/manifest/manifest_commit.hpp"

namespace ingot::plan {

/// What is known of the commit that a manifest is from; what no guard asks for may be left as it is here.
struct GitView {
  std::optional<ManifestCommit> git;
  std::string no_git;                       ///< why `git` is not known, though there is a repository; ""
  std::string folder;                       ///< of the repository, for `git -C`
  std::vector<std::string> differing = {};  ///< the files that are not as the commit has them, if any guard asks; printable
  std::optional<std::string> applied;       ///< the commit that was applied last, 40 hex digits
  bool forgotten = false;                   ///< which that was is not known, though something was: the state was lost
  Descent descent = Descent::same;          ///< of this commit from that one
  std::vector<CommitLine> reverts = {};  ///< what is in that commit and not in this one, newest first; not all if there are many
  std::string not_signed;                ///< why the commit's signature is not good, as a sentence; "": it is
};

/// Why an apply is refused.
struct GitObjection {
  Code code = Code::none;  ///< "git", "git-rewritten", "git-unproven"
  std::string text;        ///< a sentence without a full stop
  std::string mend;
};

/// Empty: nothing stands against it. `rewind`: going back is meant.
std::vector<GitObjection> git_objections(const GitGuards& guards, const GitView& view, bool rewind);

/// The commit is older than the one that was applied last: a sentence for where no guard asks. "": it is not.
std::string old_commit_text(const GitView& view);

/// What going back takes back, one sentence for each commit, newest first, and one for those that are not listed.
std::vector<std::string> reverted_texts(const GitView& view);

}  // namespace ingot::plan
