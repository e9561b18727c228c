// Finding a live image here by what the user wrote. Pure.
#pragma once

#include <string>

#include "state/snapshot.hpp"

namespace ingot::site {

/// Error{incomplete} with the nearest name if no live image bears it.
const state::ImageRow& find_image(const state::Snapshot& snapshot, const std::string& name);
/// The same, or nullptr.
const state::ImageRow* image_or_null(const state::Snapshot& snapshot, const std::string& name);

/// The latest image of a series that is not withdrawn (R21). Error{incomplete}: no such series, or no such image in it.
const state::ImageRow& latest_of_series(const state::Snapshot& snapshot, const std::string& series);

bool is_withdrawn(const state::ImageRow& image);

/// "did you mean …" of these names, or that a pattern is no name; "" if none is near.
std::string nearest_hint(const std::string& name, const std::vector<std::string>& names);

}  // namespace ingot::site
