// [guard] removals for exported images: what an export does not want any more goes as far as the guard allows; of dropped
// exports all or nothing goes, their links too.
#include <fmt/format.h>

#include "reconciler/plan/guard/guard_texts.hpp"
#include "reconciler/plan/passes.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

namespace {

bool is_image(const DraftChange& one) { return std::holds_alternative<Unexport>(one.change.action); }
bool is_dropped_export(const DraftChange& one) { return one.unexports == Unexporting::dropped; }
bool is_rotation(const DraftChange& one) {
  return one.unexports == Unexporting::rotation && is_image(one) && !one.change.deferred;
}

void defer_rotations(std::uint64_t allowed, Draft& draft) {
  const std::uint64_t all = count_changes(draft, is_rotation);
  std::uint64_t left = allowed;
  for (auto& one : draft.changes) {
    if (!is_rotation(one)) continue;
    if (left > 0) {
      --left;
      continue;
    }
    one.change.deferred = true;
    one.change.deferred_why = fmt::format("the guard of removals allows {} of {} now", allowed, counted(all, "exported image"));
  }
}

}  // namespace

void guard_exports(const Situation& situation, const PlanOptions& options, Draft& draft) {
  const Guard& guard = situation.manifest.guard;
  const std::uint64_t dropped = count_changes(
      draft, [](const DraftChange& one) { return is_dropped_export(one) && is_image(one) && !one.change.deferred; });
  const std::uint64_t rotations = count_changes(draft, is_rotation);
  if (dropped + rotations == 0) return;
  const std::uint64_t all = situation.snapshot.exported.size();
  const std::uint64_t allowed = removals_allowed(guard, all, options);
  constexpr std::string_view noun = "exported image";
  const std::string bound =
      fmt::format("{} allowed ({}, {})", allowed, removal_bounds(guard, noun), bound_place(guard.removals_at));
  draft.limits.push_back({"unexports", std::to_string(dropped + rotations), removal_limit(guard, noun, allowed, options),
                          bound_place(guard.removals_at, options.raise_removals)});
  if (dropped > allowed)
    hold(draft, is_dropped_export, Code::removals,
         fmt::format("removals: {} of {} planned, {}: none is removed", dropped, counted(all, noun), bound),
         "look at each removal; if all are right, " + how_to_raise("removals", dropped));
  if (allowed == 0 && rotations > 0)
    hold(draft, is_rotation, Code::removals, fmt::format("removals: {}: none is removed", bound),
         "raise the limit in [guard] removals; or, for once, " + how_to_raise("removals", rotations));
  defer_rotations(dropped > allowed ? allowed : allowed - dropped, draft);
}

}  // namespace ingot::plan
