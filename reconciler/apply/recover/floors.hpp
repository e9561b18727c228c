// The heads that a run's observation accepted, kept: floors of trust in the state and in the files beside it.
#pragma once

#include <vector>

#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/plan/observed.hpp"
#include "state/state.hpp"

namespace ingot::apply {

/// Raises both floors of the head's server; they never go down. Error{local} if the state cannot be written.
void raise_floors(const plan::SeenHead& head, state::State& state, io::PeerMemory& memory);

/// Raises the floors of all, and notes newer heads of registered peers. Writes nothing if nothing is newer.
void keep_seen(const std::vector<plan::SeenHead>& heads, state::State& state, io::PeerMemory& memory, Time now);

}  // namespace ingot::apply
