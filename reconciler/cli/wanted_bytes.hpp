// Whose bytes a next run may want, by the manifest and what is remembered of peers: nobody is asked.
#pragma once

#include <optional>
#include <unordered_set>

#include "reconciler/cli/site.hpp"

namespace ingot {

/// Digests of images that a plan made now would copy, of copies that are only blocked, and of deleted images that the
/// manifest names again. nullopt: of a peer of the manifest nothing is remembered, so what is wanted of it is not known.
std::optional<std::unordered_set<Digest>> wanted_bytes(Site& site, Time now);

}  // namespace ingot
