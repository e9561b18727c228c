// The texts that the guards have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reconciler/plan/draft.hpp"
#include "reconciler/plan/make_plan.hpp"

namespace ingot::plan {

std::uint64_t count_changes(const Draft& draft, bool (*concerned)(const DraftChange&));
/// "ingot.toml:17", "default", "--raise-limit".
std::string bound_place(const std::optional<At>& bound, const std::optional<std::uint64_t>& raised = {});
/// "limit: 5 images or 10 %"; `noun`: "image".
std::string removal_bounds(const Guard& guard, std::string_view noun);
/// "1 (limit: 5 images or 10 %)": as a LimitLine has it.
std::string removal_limit(const Guard& guard, std::string_view noun, std::uint64_t allowed, const PlanOptions& options);
/// A hint: run "ingot apply --raise-limit removals=7". `limit`: a name that --raise-limit knows; `to`: all that is planned.
std::string how_to_raise(std::string_view limit, std::uint64_t to);

}  // namespace ingot::plan
