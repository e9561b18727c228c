// Whose a repository is. libgit2 1.5 crashes at a `[safe] directory` without a value and knows no "*", so ingot asks itself, by
// git's rules.
#pragma once

#include <string>

struct git_repository;

namespace ingot::io {

/// The folder of a repository that belongs to another user and that safe.directory of the user's or the machine's configuration
/// does not name; "": it may be read. The configuration of the repository itself has no say.
std::string foreign_folder(git_repository* repository);

}  // namespace ingot::io
