// What an apply makes of a snapshot, as a pure model: the laws of planning are tested against it without a disk.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "reconciler/plan/plan.hpp"
#include "state/snapshot.hpp"

namespace ingot::testing_support {

/// Carries out the first `most` actions of the plan that are not deferred (all of them by default), and then publishes
/// if that was not interrupted. `sources`: the bits of the manifest's images by name.
state::Snapshot apply_model(state::Snapshot snapshot, const plan::Plan& plan, const std::map<std::string, Digest>& sources,
                            Time now, std::size_t most = static_cast<std::size_t>(-1));

/// A snapshot without what depends on how many runs it took: keys, times, serials given to own images, papers.
std::string normal_text(const state::Snapshot& snapshot);

}  // namespace ingot::testing_support
