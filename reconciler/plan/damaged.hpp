// Images here whose bytes are damaged or gone, told in a plan: what cannot be published, and how to mend it.
#pragma once

#include <string>
#include <vector>

#include "reconciler/plan/plan.hpp"

namespace ingot {

/// "its file … of the store is gone", and what to do; the same words wherever an image is named.
std::string what_is_damaged(const DamagedImage& image);
std::string how_to_mend(const DamagedImage& image);

/// Adds what is damaged to the blocked (`damaged`), but for images that this plan deletes or removes, in their order.
void block_damaged(Plan& plan, const std::vector<DamagedImage>& damaged);

}  // namespace ingot
