// A server that is elsewhere, by what it publishes of itself: for a plan where neither its state nor its sources are.
#pragma once

#include <string>

#include "reconciler/console/session.hpp"
#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/io/net/transport.hpp"
#include "reconciler/plan/observed.hpp"
#include "schema/catalog/card.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/snapshot.hpp"

namespace ingot::observe {

/// Asks it at `url` like a peer, as whom its card pins. Error{incomplete}: it cannot be had, or its head is over;
/// Error{untrusted}; Error{refused} "no-state": it says nothing of its state.
plan::PeerCatalog ask_published(const std::string& url, const Card& card, Time now, io::PeerMemory& memory,
                                io::Transport& transport, const console::Session& session);

/// Asks the peers of its manifest. Its sources and its disk are not looked at, and the bytes of what it lists are taken to be
/// whole. `server`: of ask_published(); `snapshot`: what it says of its state.
plan::Observed observe_published(const plan::PeerCatalog& server, const Manifest& manifest, const state::Snapshot& snapshot,
                                 Time now, io::PeerMemory& memory, io::Transport& transport, const console::Session& session);

}  // namespace ingot::observe
