// What is in the folders of exports: of the manifest's, and of those that earlier runs made.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reconciler/plan/make_plan.hpp"
#include "reconciler/plan/observed.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/snapshot.hpp"

namespace ingot::observe {

/// Fills Observed::export_folders and Observed::exports. Looks at the top of each exported image.
void observe_exports(const Manifest& manifest, const state::Snapshot& snapshot, plan::Observed& observed);

/// Looks once at every member of each exported image that the plan removes, and asks /proc who uses it: `apply` does the same
/// just before it acts. True: something speaks against a removal, so the plan must be made again.
bool look_at_removals(const plan::Plan& plan, plan::Observed& observed);

/// What is not as a run left it, or what a run that ended early left half done.
struct ExportFault {
  Address address;
  std::string path;
  std::string why;       ///< a sentence
  bool is_link = false;  ///< it is about the link, not about an image
};
struct ExportDrift {
  std::uint64_t looked_at = 0;  ///< exported images
  std::vector<ExportFault> faults = {};
};
/// Looks at every member of what is exported. What the manifest has and no run began is no drift.
ExportDrift export_drift(const Manifest& manifest, const state::Snapshot& snapshot);

}  // namespace ingot::observe
