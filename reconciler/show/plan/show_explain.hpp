// Why something is planned or not: for people and as ingot.explain/1. Pure.
#pragma once

#include <vector>

#include "reconciler/plan/explain/explain.hpp"
#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"

namespace ingot::show {

void show_explain(const std::vector<plan::Subject>& subjects, const Style& style, Output& out);
void show_explain_json(const std::vector<plan::Subject>& subjects, Output& out);

}  // namespace ingot::show
