// What gc took, moved and left waiting. Pure.
#pragma once

#include "reconciler/apply/upkeep/garbage.hpp"
#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"

namespace ingot::show {

/// `each`: a line for every file, not only for every kind of it.
void show_garbage(const apply::Garbage& garbage, bool dry_run, bool each, const Style& style, Output& out);
void show_garbage_json(const apply::Garbage& garbage, const apply::GarbageRules& rules, Output& out);

}  // namespace ingot::show
