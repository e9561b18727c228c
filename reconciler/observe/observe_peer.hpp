// One peer, whole: who it is, whether it may be trusted, its head, its catalog; over its URLs in order.
#pragma once

#include <functional>
#include <string>

#include "reconciler/io/peer_memory.hpp"
#include "reconciler/io/transport.hpp"
#include "reconciler/observe/observe.hpp"

namespace ingot {

/// Throws Error{interrupted or terminated} and what is this machine's own fault; all else is in the view.
PeerView observe_peer(const PeerEntry& peer, const KnownPeer& known, const PeerQuestions& questions, Transport& transport, PeerMemory& memory,
                      const std::function<void(const std::string& what)>& progress);

}  // namespace ingot
