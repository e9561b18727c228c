// Many manifests seen together, as text, JSON, and drawings for dot and mermaid. Pure.
#pragma once

#include "reconciler/cli/output.hpp"
#include "reconciler/cli/style.hpp"
#include "reconciler/fleet/check_fleet.hpp"

namespace ingot {

void show_fleet(const Fleet& fleet, const Style& style, Output& out);
void show_fleet_json(const Fleet& fleet, Output& out);
/// For Graphviz: an edge for each rule; servers outside are dashed.
void show_fleet_dot(const Fleet& fleet, Output& out);
/// For Mermaid, which Git hosts draw in Markdown.
void show_fleet_mermaid(const Fleet& fleet, Output& out);

}  // namespace ingot
