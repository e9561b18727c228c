// How a rebuilding of the state shows in the history.
#pragma once

#include <string_view>

namespace ingot {

inline constexpr std::string_view rebuild_command = "state rebuild";

}  // namespace ingot
