// Many manifests seen together, as text, JSON, and drawings for dot and mermaid. Pure.
#pragma once

#include "reconciler/fleet/check_fleet.hpp"
#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"

namespace ingot::show {

void show_fleet(const fleet::Fleet& fleet, const Style& style, Output& out);
void show_fleet_json(const fleet::Fleet& fleet, Output& out);
/// For Graphviz: an edge for each rule; servers outside are dashed.
void show_fleet_dot(const fleet::Fleet& fleet, Output& out);
/// For Mermaid, which Git hosts draw in Markdown.
void show_fleet_mermaid(const fleet::Fleet& fleet, Output& out);

}  // namespace ingot::show
