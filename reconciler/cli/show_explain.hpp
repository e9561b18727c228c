// Why something is planned or not: for people and as ingot.explain/1. Pure.
#pragma once

#include <vector>

#include "reconciler/cli/output.hpp"
#include "reconciler/cli/style.hpp"
#include "reconciler/plan/explain.hpp"

namespace ingot {

void show_explain(const std::vector<Subject>& subjects, const Style& style, Output& out);
void show_explain_json(const std::vector<Subject>& subjects, Output& out);

}  // namespace ingot
