// fleet status as one HTML file: what is wanted and missing, servers, image × server. The pieces are those of the fleet's report.
#pragma once

#include "reconciler/show/fleet/fleet_status_rows.hpp"
#include "reconciler/show/format/output.hpp"

namespace ingot::show {

/// The same values give the same bytes.
void show_fleet_status_page(const FleetStatus& status, Output& out);

}  // namespace ingot::show
