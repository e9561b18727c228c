// Whether a URL of a peer is the place of another server, as that of a mirror of its bytes is (`publish_copies`).
#pragma once

#include "reconciler/observe/visit.hpp"

namespace ingot::observe {

/// The peer has several URLs, and at this one a whole other server answers: its head is signed under its own roots. It says
/// nothing of this peer, good or bad, but may give bytes of its images.
bool is_another_servers_place(const Visit& visit);

}  // namespace ingot::observe
