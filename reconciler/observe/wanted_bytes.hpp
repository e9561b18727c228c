// Whose bytes a next run may want, by the manifest and what is remembered of peers: nobody is asked.
#pragma once

#include "reconciler/apply/upkeep/garbage.hpp"
#include "reconciler/site/site.hpp"

namespace ingot::observe {

/// Digests of images that a plan made now would copy, of copies that are only blocked, and of deleted images that the
/// manifest names again. Not complete: of a peer of the manifest nothing is remembered, so what is wanted of it is not known.
apply::WantedBytes wanted_bytes(site::Site& site, Time now);

}  // namespace ingot::observe
