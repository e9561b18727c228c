// Where pages and floors of trust of servers are kept that are asked by who has no server here: nowhere near a state.
#pragma once

#include <string>
#include <string_view>

namespace ingot::site {

/// This user's cache for `what`: "fleet", "against". Error{usage}: the environment does not say where.
std::string cache_folder(std::string_view what);

}  // namespace ingot::site
