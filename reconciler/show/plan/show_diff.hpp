// In what two plans differ: what one does and the other does not, and what they do otherwise. Pure.
#pragma once

#include <string>
#include <vector>

#include "reconciler/plan/intent.hpp"
#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"
#include "reconciler/show/plan/shown_plan.hpp"

namespace ingot::show {

struct ChangedAction {
  const ShownAction* before = nullptr;
  const ShownAction* after = nullptr;
  std::vector<plan::IntentDifference> differences;
};

/// Borrows from the plans; each list in its plan's order.
struct PlanDiff {
  const ShownPlan* before = nullptr;
  const ShownPlan* after = nullptr;
  std::vector<const ShownAction*> added;
  std::vector<const ShownAction*> gone;
  std::vector<ChangedAction> changed;

  /// The same actions for the same server.
  bool same() const;
};

PlanDiff diff_of(const ShownPlan& before, const ShownPlan& after);

void show_diff(const PlanDiff& diff, const Style& style, Output& out);
void show_diff_json(const PlanDiff& diff, Output& out);

}  // namespace ingot::show
