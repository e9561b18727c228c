// The figures of a simulation, as a table for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include "tests/fleet_simulation/check.hpp"
#include "tests/fleet_simulation/fleet.hpp"
#include "tests/fleet_simulation/growth.hpp"
#include "tests/fleet_simulation/model.hpp"

namespace ingot::fleet_simulation {

struct Figure {
  std::string name;  ///< of JSON: "idle_requests_a_peer"
  std::string text;  ///< for people
  double value = 0;
  std::string unit = {};
};

/// Everything that the model tells; the same for the same options.
std::vector<Figure> figures_of(const Fleet& fleet, const FleetModel& model);

std::string report_text(const Fleet& fleet, const CheckResult& check, const std::vector<Figure>& figures, const Growth& growth);
/// {"format":"ingot.fleet-simulation/1", …}
std::string report_json(const Fleet& fleet, const CheckResult& check, const std::vector<Figure>& figures, const Growth& growth);

}  // namespace ingot::fleet_simulation
