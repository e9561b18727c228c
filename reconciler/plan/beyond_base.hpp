// What a plan adds to another one, that of the manifest which a change is based on. Pure.
#pragma once

#include <optional>

#include "reconciler/plan/plan.hpp"

namespace ingot::plan {

/// `plan` without what the plan of its base would do, block, hold or note as well, and with notes of what that one would do and
/// this one would not. What peers are unknown stays. Plan::base is `named`, with the number of actions left out.
/// Without a base (it had no manifest, or a wrong one) all of the plan is left.
Plan beyond_base(Plan plan, const std::optional<Plan>& base, PlanBase named);

}  // namespace ingot::plan
