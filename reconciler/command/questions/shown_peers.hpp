// Registered peers and those that the manifest names, with what was seen of them last. Pure.
#pragma once

#include <vector>

#include "reconciler/show/catalog/show_lists.hpp"
#include "reconciler/site/last_plan.hpp"
#include "schema/manifest/manifest.hpp"

namespace ingot::command {

/// Sorted by name. A peer of the manifest under a new name is one peer: identities count (R1).
std::vector<show::ShownPeer> shown_peers(const Manifest& manifest, const std::vector<state::Registration>& registrations,
                                         const site::LastPlan& last);

}  // namespace ingot::command
