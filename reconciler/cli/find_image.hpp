// Finding a live image here by what the user wrote. Pure.
#pragma once

#include <string>

#include "state/snapshot.hpp"

namespace ingot {

/// Error{incomplete} with the nearest name if no live image bears it.
const ImageRow& find_image(const Snapshot& snapshot, const std::string& name);
/// The same, or nullptr.
const ImageRow* image_or_null(const Snapshot& snapshot, const std::string& name);

/// The latest image of a series that is not withdrawn (R21). Error{incomplete}: no such series, or no such image in it.
const ImageRow& latest_of_series(const Snapshot& snapshot, const std::string& series);

bool is_withdrawn(const ImageRow& image);

/// "did you mean …" of these names, or that a pattern is no name; "" if none is near.
std::string nearest_hint(const std::string& name, const std::vector<std::string>& names);

}  // namespace ingot
