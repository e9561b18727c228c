// Re-hashing: which of the bytes that the state and the published head name are not what they should be.
#pragma once

#include <string>
#include <vector>

#include "reconciler/show/catalog/show_findings.hpp"
#include "reconciler/site/site.hpp"

namespace ingot::observe {

/// Faults with what they are about, so that they can be repaired.
struct Verified {
  show::Findings findings;
  std::vector<state::ImageRow> images;       ///< that have faults
  std::vector<state::ObjectRow> objects;     ///< the bytes of these
  std::vector<Piece> pieces;                 ///< published ones, damaged or gone
  std::vector<state::DeltaRow> deltas = {};  ///< whose file is damaged or gone
  std::vector<std::string> unreadable;       ///< whole files, by their paths in the store, that lack permissions
  bool root_is_lost = false;                 ///< nothing can be published until it is brought back
};

/// Of these images, and of what is published if `published`.
Verified verify(const std::vector<state::ImageRow>& images, bool published, const site::Site& site,
                const console::Session& session);

}  // namespace ingot::observe
