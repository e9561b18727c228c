// Rows of deltas.
#pragma once

#include <map>
#include <vector>

#include "state/engine/database.hpp"
#include "state/snapshot.hpp"

namespace ingot::state {

/// All, sorted by image, base.
std::vector<DeltaRow> read_deltas(Database& database);

/// Those that the next head may list, by the digest of what they make: each starts from an image that the head lists too. At most
/// most_deltas of one image, the shortest first.
std::map<Digest, std::vector<DeltaRef>> listed_deltas(Database& database);

}  // namespace ingot::state
