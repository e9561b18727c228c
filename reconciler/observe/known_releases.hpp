// Which public images lack signatures of the release keys, remembered beside the state: to hold 100,000 signatures against the
// keys takes longer than the rest of a plan that finds nothing to do.
#pragma once

#include <vector>

#include "reconciler/site/site.hpp"

namespace ingot::observe {

/// As unreleased_images; from the cache as long as neither the root of trust, nor the state, nor what is published has changed.
std::vector<ImageName> known_unreleased(const site::Site& site);

}  // namespace ingot::observe
