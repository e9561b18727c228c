// Which image is where, by what many servers publish, as text and JSON. Pure.
#pragma once

#include "reconciler/fleet/fleet_status.hpp"
#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"

namespace ingot::show {

void show_fleet_status(const std::vector<fleet::FleetWord>& servers, const std::vector<fleet::FleetImage>& images, Time now,
                       const Style& style, Output& out);
void show_fleet_status_json(const std::vector<fleet::FleetWord>& servers, const std::vector<fleet::FleetImage>& images,
                            Output& out);

}  // namespace ingot::show
