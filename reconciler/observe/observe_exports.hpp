// What is in the folders of exports: of the manifest's, and of those that earlier runs made.
#pragma once

#include "reconciler/plan/observed.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/snapshot.hpp"

namespace ingot::observe {

/// Fills Observed::export_folders and Observed::exports. Looks at the top of each exported image; who uses one is asked only
/// where something may have to go.
void observe_exports(const Manifest& manifest, const state::Snapshot& snapshot, plan::Observed& observed);

}  // namespace ingot::observe
