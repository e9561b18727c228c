// Where images stand in plans, by the names that peers have here now.
#pragma once

#include <map>
#include <vector>

#include "state/snapshot.hpp"

namespace ingot::state {

using PeerNames = std::map<ServerId, ServerName>;
PeerNames peer_names(const std::vector<Registration>& registrations);

/// A copy is under the name that its peer has here now; of a peer that is not registered any more, under the last one known.
Address present_address(const ImageRow& image, const PeerNames& peers);

}  // namespace ingot::state
