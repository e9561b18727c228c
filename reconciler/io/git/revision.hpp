// What a revision names. Whoever may push tags or branches must not be able to take the place of another name, so a name that
// several things bear is refused.
#pragma once

#include <string>

#include "reconciler/io/git/reader.hpp"
#include "reconciler/io/git/repository.hpp"

namespace ingot::io {

/// Full ids and "refs/…" name just that. Any other name must be borne by one branch, tag or commit id alone; in a repository that
/// was fetched (--repo) a branch of that name comes first. "~1", "^" and "@{…}" may follow. Error{usage}: nothing, no commit, or
/// several, which are named.
NamedCommit resolve_revision(OpenRepository& repository, const std::string& revision);

}  // namespace ingot::io
