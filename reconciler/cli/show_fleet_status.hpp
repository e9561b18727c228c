// Which image is where, by what many servers publish, as text and JSON. Pure.
#pragma once

#include "reconciler/cli/output.hpp"
#include "reconciler/cli/style.hpp"
#include "reconciler/fleet/fleet_status.hpp"

namespace ingot {

void show_fleet_status(const std::vector<FleetWord>& servers, const std::vector<FleetImage>& images, Time now, const Style& style,
                       Output& out);
void show_fleet_status_json(const std::vector<FleetWord>& servers, const std::vector<FleetImage>& images, Output& out);

}  // namespace ingot
