// [guard] removals for exported images: what newer ones have replaced goes as far as the guard allows; of dropped exports
// all or nothing goes, their links too.
#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/passes.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

namespace {

bool is_image(const DraftChange& one) { return std::holds_alternative<Unexport>(one.change.action); }
bool is_dropped_export(const DraftChange& one) { return one.unexports == Unexporting::dropped; }
bool is_rotation(const DraftChange& one) {
  return one.unexports == Unexporting::rotation && is_image(one) && !one.change.deferred;
}

std::uint64_t count_of(const Draft& draft, bool (*concerned)(const DraftChange&)) {
  return static_cast<std::uint64_t>(std::count_if(draft.changes.begin(), draft.changes.end(), concerned));
}

void defer_rotations(std::uint64_t allowed, Draft& draft) {
  const std::uint64_t all = count_of(draft, is_rotation);
  std::uint64_t left = allowed;
  for (auto& one : draft.changes) {
    if (!is_rotation(one)) continue;
    if (left > 0) {
      --left;
      continue;
    }
    one.change.deferred = true;
    one.change.deferred_why = fmt::format("the guard of removals leaves room for {} of {} exported images", allowed, all);
  }
}

}  // namespace

void guard_exports(const Situation& situation, const PlanOptions& options, Draft& draft) {
  const Guard& guard = situation.manifest.guard;
  const std::uint64_t dropped =
      count_of(draft, [](const DraftChange& one) { return is_dropped_export(one) && is_image(one) && !one.change.deferred; });
  const std::uint64_t rotations = count_of(draft, is_rotation);
  if (dropped + rotations == 0) return;
  const std::uint64_t all = situation.snapshot.exported.size();
  const std::uint64_t allowed = removals_allowed(guard, all, options);
  const std::string place = options.raise_removals ? "--raise-limit" : guard.removals_at ? guard.removals_at->text() : "default";
  draft.limits.push_back({"unexports", std::to_string(dropped + rotations),
                          fmt::format("{} ({} and {:g} %)", allowed, guard.removal_count, guard.removal_percent), place});
  if (dropped > allowed)
    hold(draft, is_dropped_export, Code::removals,
         fmt::format("this run would remove {} of {}, and the guard allows {} ({} and {:g} %, {}): none is removed", dropped,
                     counted(all, "exported image"), allowed, guard.removal_count, guard.removal_percent, place),
         fmt::format("look at each; if all are meant, run with --raise-limit removals={}", dropped));
  if (allowed == 0 && rotations > 0)
    hold(draft, is_rotation, Code::removals, "the guard allows no removal: none is removed",
         fmt::format("raise the limit in [guard] removals, or run once with --raise-limit removals={}", rotations));
  defer_rotations(dropped > allowed ? allowed : allowed - dropped, draft);
}

}  // namespace ingot::plan
