// A plan without what the manifest of a base revision would do anyway (--base).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "reconciler/command/runs/look.hpp"

namespace ingot::command {

/// Makes the plan of a manifest, from whatever state.
using Looking = std::function<Observation(const Manifest& manifest, const plan::PlanOptions& options)>;

/// The plan, beyond its base if one is named. The base is looked at first: what is remembered of the peers shall be of the plan.
/// The session's flags say where the manifest is. Error{usage}: there is no such revision.
Observation look_beyond_base(const std::optional<std::string>& base, const plan::PlanOptions& options, const Manifest& manifest,
                             const console::Session& session, const Looking& look);

}  // namespace ingot::command
