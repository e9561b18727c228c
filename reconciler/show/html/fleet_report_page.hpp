// The report of many servers: who lacks the newest image of a series and since when, heads, who copies from whom, image × server.
#pragma once

#include <optional>
#include <vector>

#include "reconciler/fleet/check_fleet.hpp"
#include "reconciler/fleet/fleet_report.hpp"
#include "reconciler/show/format/output.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::show {

struct FleetPage {
  const std::vector<fleet::FleetWord>& servers;
  const fleet::FleetReport& report;
  const fleet::Fleet* manifests = nullptr;  ///< null: none were given
  Time now;
};

/// One HTML file. The same values give the same bytes.
void show_fleet_report(const FleetPage& page, Output& out);

}  // namespace ingot::show
