// What git keeps elsewhere: submodules and files of Git LFS. What a manifest reads must be of its own repository, or a clone that
// lacks such a part would be taken for a manifest that lacks its images.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "reconciler/io/git/repository.hpp"
#include "schema/manifest/parse_manifest.hpp"

namespace ingot::io {

/// Why nothing is read in the submodule `name`, as a clause.
std::string why_no_submodule(std::string_view name);

/// `read`, but Unreadable if it is a pointer of Git LFS.
std::variant<std::string, Unreadable> without_lfs(std::variant<std::string, Unreadable> read);

/// `disk`, where nothing is read, and no pattern is matched, in a submodule of the repository, be it checked out or not; nor a
/// pointer of Git LFS.
ManifestFiles without_submodules(const ManifestFiles& disk, const GitRepository& repository);

}  // namespace ingot::io
