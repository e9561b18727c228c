// What is in the folders of exports: of the manifest's, and of those that earlier runs made.
#pragma once

#include <string>

#include "reconciler/plan/observed.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/snapshot.hpp"

namespace ingot::observe {

/// Fills Observed::export_folders and Observed::exports. Looks at the top of each exported image; who uses one is asked only
/// where something may have to go.
void observe_exports(const Manifest& manifest, const state::Snapshot& snapshot, plan::Observed& observed);

/// Why an image is not in its folder as it was exported, as a clause; "": it is. Looks at every member.
std::string why_not_as_exported(const state::ExportedRow& row);
/// Why a link does not show what it was moved to, as a clause; "": it does.
std::string why_not_linked(const state::ExportRow& row);

}  // namespace ingot::observe
