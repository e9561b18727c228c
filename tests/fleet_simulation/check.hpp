// Holds the model against real servers: the same small fleet as both, side by side, over the same events.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/fleet_simulation/fleet.hpp"

namespace ingot::fleet_simulation {

struct CheckResult {
  std::uint64_t servers = 0;
  std::uint64_t images = 0;
  std::uint64_t publications = 0;  ///< real ones, whose head, index and pages were compared
  std::uint64_t polls = 0;         ///< real ones, whose requests and bytes were compared, at each server that was asked
  std::uint64_t idle_polls = 0;    ///< of them
  std::uint64_t copies = 0;        ///< in the states of the real sites, compared with the model's
  std::vector<std::string> differences = {};  ///< none: the model is right
};

/// In this folder, which is there and empty.
CheckResult check_model(const Fleet& fleet, const std::string& folder);

}  // namespace ingot::fleet_simulation
