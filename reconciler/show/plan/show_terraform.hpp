// The counts that GitLab shows beside a merge request (its `terraform` report). Pure.
#pragma once

#include "reconciler/show/format/output.hpp"
#include "reconciler/show/plan/shown_plan.hpp"

namespace ingot::show {

/// {"create":N,"update":N,"delete":N} of what is not deferred; nullptr: {}, which GitLab shows as a report that failed.
/// Publishing counts only where nothing else is done: it follows from the rest.
void show_terraform(const ShownPlan* plan, Output& out);

}  // namespace ingot::show
