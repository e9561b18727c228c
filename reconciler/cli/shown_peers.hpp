// Registered peers and those that the manifest names, with what was seen of them last. Pure.
#pragma once

#include <vector>

#include "reconciler/cli/last_plan.hpp"
#include "reconciler/cli/show_lists.hpp"
#include "schema/manifest.hpp"

namespace ingot {

/// Sorted by name. A peer of the manifest under a new name is one peer: identities count (R1).
std::vector<ShownPeer> shown_peers(const Manifest& manifest, const std::vector<Registration>& registrations,
                                   const LastPlan& last);

}  // namespace ingot
