// What gc took, moved and left waiting. Pure.
#pragma once

#include "reconciler/apply/garbage.hpp"
#include "reconciler/cli/output.hpp"
#include "reconciler/cli/style.hpp"

namespace ingot {

/// `each`: a line for every file, not only for every kind of it.
void show_garbage(const Garbage& garbage, bool dry_run, bool each, const Style& style, Output& out);
void show_garbage_json(const Garbage& garbage, const GarbageRules& rules, Output& out);

}  // namespace ingot
