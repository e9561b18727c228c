// What the machines of a server whose state is in a database tell each other of its peers: the last good heads, and evidence that
// a peer signed two heads under one number (decisions/0013). A state in a file has one machine and needs none of this.
#pragma once

#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/site/site.hpp"

namespace ingot::site {

/// Before peers are asked: this machine's memory of them gets what others know that it does not. Error{local}.
void learn_of_peers(const state::State& state, io::PeerMemory& memory);

/// After peers were asked, by a run: the others get what this machine knows of the manifest's peers, floors of trust that only
/// looks raised among them. Writes nothing if nothing is new. Error{local}.
void tell_of_peers(Site& site);

/// All that is known of peers here, for a state that moves; floors of trust are then in this one. Error{local}.
std::vector<state::KnownToAll> all_known(state::State& state, io::PeerMemory& memory);
/// The folder with the memory of peers is another one from then on: floors of trust, last good heads and evidence go there. The
/// rest is a cache. Error{local}.
void carry_memory(io::PeerMemory& from, io::PeerMemory& to);

}  // namespace ingot::site
