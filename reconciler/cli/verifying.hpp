// Re-hashing: which of the bytes that the state and the published head name are not what they should be.
#pragma once

#include <string>
#include <vector>

#include "reconciler/cli/show_findings.hpp"
#include "reconciler/cli/site.hpp"

namespace ingot {

/// Faults with what they are about, so that they can be repaired.
struct Verified {
  Findings findings;
  std::vector<ImageRow> images;         ///< that have faults
  std::vector<ObjectRow> objects;       ///< the bytes of these
  std::vector<Piece> pieces;            ///< published ones, damaged or gone
  std::vector<std::string> unreadable;  ///< whole files, by their paths in the store, that lack permissions
  bool root_is_lost = false;            ///< nothing can be published until it is brought back
};

/// Of these images, and of what is published if `published`.
Verified verify(const std::vector<ImageRow>& images, bool published, const Site& site, const Session& session);

}  // namespace ingot
