// What a plan adds to another one, that of the manifest which a change is based on. Pure.
#pragma once

#include "reconciler/plan/plan.hpp"

namespace ingot::plan {

/// Takes out of `plan` what the plan of its base would do, block, hold or note as well, and notes what that one would do and this
/// one would not. What peers are unknown stays. Gives the number of actions taken out.
std::uint64_t leave_what_base_does(Plan& plan, const Plan& base);

}  // namespace ingot::plan
