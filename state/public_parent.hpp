// The parent that a catalog names: the nearest ancestor that may be known outside (R15), through private images and
// through deleted ones that were never shown.
#pragma once

#include <optional>

#include "state/engine/database.hpp"
#include "state/snapshot.hpp"

namespace ingot::state {

/// Where the walk begins, from an image's row: its parent here, else what its origin says.
struct ParentLink {
  std::optional<ImageKey> key;
  std::optional<ImageIdentity> identity;
};

/// The columns parent, parent_origin, parent_image, parent_created, in this order.
ParentLink read_parent_link(Statement& row);

/// Error{local} if lineage runs in a circle: the file is damaged.
std::optional<ImageIdentity> public_parent(Database& database, ParentLink link);

}  // namespace ingot::state
