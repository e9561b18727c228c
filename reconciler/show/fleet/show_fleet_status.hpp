// Which image is where and who wants it, by what many servers publish, as text, JSON and Markdown. Pure.
#pragma once

#include <string>

#include "reconciler/show/fleet/fleet_status_rows.hpp"
#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"

namespace ingot::show {

/// `verbose`: all wants, else at most 100.
void show_fleet_status(const FleetStatus& status, bool verbose, const Style& style, Output& out);
void show_fleet_status_json(const FleetStatus& status, Output& out);
/// For the comment of a merge request.
std::string fleet_status_markdown(const FleetStatus& status);

}  // namespace ingot::show
