// A plan without what the manifest at its base would do anyway: what a change to the manifest itself brings.
#pragma once

#include <functional>
#include <string>

#include "reconciler/cli/session.hpp"
#include "reconciler/plan/make_plan.hpp"

namespace ingot {

/// The plan that the manifest of revision `base` would have here and now, to be made before that of the manifest itself: what is
/// remembered of the peers shall be of the latter. Error{usage}: there is no such revision.
struct BaseLooked {
  PlanBase base;
  std::optional<Plan> plan;  ///< nullopt: there was no manifest, or a wrong one; `base.trouble` says so
};
/// `plan`: makes the plan of a manifest.
BaseLooked look_at_base(const std::string& base, const Manifest& manifest, PlanOptions options, const Session& session,
                        const std::function<Plan(const Manifest& manifest, const PlanOptions& options)>& plan);

}  // namespace ingot
