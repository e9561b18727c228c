// Images here whose bytes are damaged or gone, in words.
#pragma once

#include <string>

#include "reconciler/plan/observed.hpp"

namespace ingot::plan {

/// "its file … of the store is gone", and what to do; the same words wherever an image is named.
std::string what_is_damaged(const DamagedImage& image);
std::string how_to_mend(const DamagedImage& image);

}  // namespace ingot::plan
