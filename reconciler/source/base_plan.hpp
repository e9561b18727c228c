// A plan without what the manifest at its base would do anyway: what a change to the manifest itself brings.
#pragma once

#include <functional>
#include <string>

#include "reconciler/console/session.hpp"
#include "reconciler/plan/make_plan.hpp"

namespace ingot::source {

/// The plan that the manifest would have here and now as it was where its commit branched off from revision `base`, to be made
/// before that of the manifest itself: what is remembered of the peers shall be of the latter. Error{usage}: there is no such
/// revision.
struct BaseObservation {
  plan::PlanBase base;
  std::optional<plan::Plan> plan;  ///< nullopt: there was no manifest, or a wrong one; `base.trouble` says so
};
/// `plan`: makes the plan of a manifest.
BaseObservation look_at_base(const std::string& base, const Manifest& manifest, plan::PlanOptions options,
                             const console::Session& session,
                             const std::function<plan::Plan(const Manifest& manifest, const plan::PlanOptions& options)>& plan);

}  // namespace ingot::source
