// The plans of many servers side by side, as text, JSON (ingot.fleetplan/1) and Markdown. Pure.
#pragma once

#include <string>
#include <vector>

#include "reconciler/fleet/fleet_plans.hpp"
#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"

namespace ingot::show {

/// A line for each server, then each action once with the servers that have it. `verbose` names all servers of an action.
void show_fleet_plans(const std::vector<fleet::PlannedServer>& servers, bool verbose, const Style& style, Output& out);
/// Each server with its whole plan.
void show_fleet_plans_json(const std::vector<fleet::PlannedServer>& servers, Output& out);
/// For the comment of a merge request.
std::string fleet_plans_markdown(const std::vector<fleet::PlannedServer>& servers);

}  // namespace ingot::show
