// Which images here have lost bytes, told by lengths alone: for what must not be published, and for whoever asks before.
#pragma once

#include <vector>

#include "reconciler/plan/observed.hpp"
#include "reconciler/store/store.hpp"
#include "state/state.hpp"

namespace ingot::apply {

/// Those of `rows` that are live and whose bytes are not in the store with the lengths that the state recorded; in their
/// order. One or two looks at the disk an image; nothing is hashed.
std::vector<plan::DamagedImage> damaged_images(const state::State& state, const store::Store& store,
                                               const std::vector<state::ImageRow>& rows);

/// Of all live images, by name. As long as none is damaged, no rows are read.
std::vector<plan::DamagedImage> all_damaged_images(const state::State& state, const store::Store& store);

/// Of the images whose bytes the next head would offer.
std::vector<plan::DamagedImage> damaged_public_images(const state::State& state, const store::Store& store, bool publish_copies);

/// Of the images whose bytes the published catalog leaves out: what the last publication found, at no cost if it found nothing.
std::vector<plan::DamagedImage> damaged_left_out(const state::State& state, const store::Store& store, bool publish_copies);

}  // namespace ingot::apply
