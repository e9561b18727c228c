// Where the parents of images to be added are: here, or brought by this plan; what has none yet waits or is blocked.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "reconciler/plan/desired/desired.hpp"
#include "reconciler/plan/draft.hpp"
#include "reconciler/plan/situation.hpp"

namespace ingot::plan {

struct ParentFound {
  std::optional<state::ImageKey> key;  ///< of an image that is here
  std::optional<Address> planned;      ///< the change of this plan that brings it
  bool late = false;                   ///< it comes by a copy, or descends from one that does
};

/// Those of `images` whose parents are here or come, parents before children. The others are blocked (`unknown-image`,
/// `peer-unknown`, `parent-cycle`) or, if a peer offers the parent or a blocked image may still be it, noted as `waiting`.
std::vector<std::pair<const LocalImage*, ParentFound>> find_parents(const std::vector<const LocalImage*>& images,
                                                                    const Desired& desired, const Situation& situation,
                                                                    Draft& draft);

/// The copies of this plan that are not deferred, by their name here.
std::unordered_map<std::string, Address> coming_copies(const Draft& draft);

}  // namespace ingot::plan
