// What the real code takes of processor, memory and disk, at sizes that grow tenfold: this shows what grows faster than its work.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/fleet_simulation/fleet.hpp"

namespace ingot::fleet_simulation {

/// One figure at each size.
struct GrowthRow {
  std::string what;
  std::string unit;  ///< "s" of the processor, "MB", "bytes", "requests", "syncs"
  std::vector<double> values;
};

struct Growth {
  std::vector<std::uint32_t> images;  ///< of the origin, for each column
  std::vector<GrowthRow> rows;
  std::vector<std::uint32_t> runs;  ///< in the history, for each column of the rows below
  std::vector<GrowthRow> history;
};

/// `most`: images of the largest origin.
Growth measure_growth(std::uint32_t most, const std::string& folder);

}  // namespace ingot::fleet_simulation
