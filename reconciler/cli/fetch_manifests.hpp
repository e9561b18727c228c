// --repo: a repository of manifests, fetched into a cache under the state folder, so that a timer needs no checkout.
#pragma once

#include <string>

#include "reconciler/cli/session.hpp"

namespace ingot {

/// The bare repository that --repo is fetched into: in state/git below the home, a folder for each address.
std::string repository_cache(const Everywhere& flags);

/// Fetches it, with its progress on a terminal. The errors of fetch_git; Error{usage}: the address cannot be used.
void fetch_manifests(const Session& session);

}  // namespace ingot
