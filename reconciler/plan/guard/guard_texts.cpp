#include "reconciler/plan/guard/guard_texts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

std::uint64_t count_changes(const Draft& draft, bool (*concerned)(const DraftChange&)) {
  return static_cast<std::uint64_t>(std::count_if(draft.changes.begin(), draft.changes.end(), concerned));
}

std::string bound_place(const std::optional<At>& bound, const std::optional<std::uint64_t>& raised) {
  return raised ? "--raise-limit" : bound ? bound->text() : "default";
}

std::string removal_bounds(const Guard& guard, std::string_view noun) {
  return fmt::format("limit: {} or {:g} %", counted(guard.removal_count, noun), guard.removal_percent);
}

std::string removal_limit(const Guard& guard, std::string_view noun, std::uint64_t allowed, const PlanOptions& options) {
  return fmt::format("{} ({}{})", allowed, options.raise_removals ? "raised; " : "", removal_bounds(guard, noun));
}

std::string how_to_raise(std::string_view limit, std::uint64_t to) {
  return fmt::format("run \"ingot apply --raise-limit {}={}\", with the same -f, --rev, --repo and --home as this run", limit,
                     to);
}

}  // namespace ingot::plan
