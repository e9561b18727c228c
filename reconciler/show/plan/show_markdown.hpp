// A plan as the comment of a merge request or the summary of a job: Markdown that says the dangerous things first, folds the
// rest, and never grows past what such a comment may hold. Every text that is not ours stands in code. Pure and deterministic.
#pragma once

#include <string>
#include <vector>

#include "reconciler/show/format/markdown.hpp"
#include "reconciler/show/plan/annotations.hpp"
#include "reconciler/show/plan/shown_plan.hpp"

namespace ingot::show {

/// The first line of whatever is said of this manifest: by it a job finds the comment that it wrote before.
std::string markdown_marker(const std::string& manifest);

std::string plan_markdown(const ShownPlan& plan);
/// What became of a plan: what failed above the fold, then the plan. `summary`: a line; `run`: its id. Another marker than the
/// plan's.
std::string applied_markdown(const ShownPlan& plan, const apply::Account& account, const std::string& summary,
                             const std::string& run);
/// A manifest without a mistake, where no plan was asked for.
std::string valid_markdown(const std::string& text, const std::string& manifest);
/// What kept a plan from being made.
std::string failure_markdown(const std::vector<Annotation>& annotations, const std::string& manifest);

}  // namespace ingot::show
