// A plan as compact text, for expected plans in case files: what is done, why, and what is not.
#pragma once

#include <string>
#include <variant>

#include "reconciler/plan/make_plan.hpp"

namespace ingot::testing_support {

std::string plan_text(const plan::Plan& plan, const state::Snapshot& snapshot);
std::string plan_text(const std::variant<plan::Plan, plan::RefusedEmpty, plan::WrongAddress>& made,
                      const state::Snapshot& snapshot);

}  // namespace ingot::testing_support
