// --repo: a repository of manifests, fetched into a cache under the state folder, so that a timer needs no checkout.
#pragma once

#include <string>

#include "reconciler/console/session.hpp"

namespace ingot::source {

/// The bare repository that --repo is fetched into: in state/git below the home, a folder for each address.
std::string repository_cache(const options::GlobalOptions& flags);

/// Fetches it, with its progress on a terminal. The errors of fetch_git; Error{usage}: the address cannot be used.
void fetch_manifests(const console::Session& session);

}  // namespace ingot::source
