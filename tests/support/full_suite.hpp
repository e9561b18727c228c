// INGOT_FULL=1: everything is tried, however long it takes. Else a sample of it.
#pragma once

#include <cstdlib>
#include <string_view>

namespace ingot::testing_support {

inline bool is_full() {
  const char* const full = std::getenv("INGOT_FULL");
  return full != nullptr && std::string_view(full) == "1";
}

/// How far a loop over everything that can be tried steps each time: by `step`, in a sample three times as far.
inline std::size_t step_of(std::size_t step) { return is_full() ? step : 3 * step; }

}  // namespace ingot::testing_support
