// A server that is elsewhere, by what it publishes of itself: for a plan where neither its state nor its sources are.
#pragma once

#include <string>
#include <vector>

#include "reconciler/console/session.hpp"
#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/io/net/transport.hpp"
#include "reconciler/observe/observe.hpp"
#include "reconciler/plan/observed.hpp"
#include "schema/catalog/card.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/snapshot.hpp"

namespace ingot::observe {

/// The server of a card as a peer that is asked at `url`; plain http only if the card says it.
PeerEntry entry_of(const Card& card, const std::string& url);

/// Asks it at `url` like a peer, as whom its card pins. Error{incomplete}: it cannot be had, or its head is over;
/// Error{untrusted}; Error{refused} "no-state": it says nothing of its state.
plan::PeerCatalog ask_published(const std::string& url, const Card& card, Time now, io::PeerMemory& memory,
                                io::Transport& transport, const console::Session& session);

/// What is known of a peer of its manifest before the peer is asked. `snapshot`: what the server says of its state.
KnownPeer known_elsewhere(const PeerEntry& peer, const state::Snapshot& snapshot, io::PeerMemory& memory);

/// Asks the peers of its manifest. `server`: of ask_published().
std::vector<plan::PeerView> ask_peers_of(const plan::PeerCatalog& server, const Manifest& manifest,
                                         const state::Snapshot& snapshot, Time now, io::PeerMemory& memory,
                                         io::Transport& transport, const console::Session& session);

/// Its sources and its disk are not looked at, and the bytes of what it lists are taken to be whole. `peers`: a view for each
/// peer of the manifest.
plan::Observed observe_published(const plan::PeerCatalog& server, const Manifest& manifest, const state::Snapshot& snapshot,
                                 Time now, std::vector<plan::PeerView> peers);

}  // namespace ingot::observe
