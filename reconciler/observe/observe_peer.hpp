// One peer, whole: who it is, whether it may be trusted, its head, its catalog; over its URLs in order.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/io/net/transport.hpp"
#include "reconciler/observe/observe.hpp"

namespace ingot::observe {

/// How long a peer may take to show its catalog, over all its URLs. What came by then is kept, and the next run goes on from
/// there.
inline constexpr std::chrono::minutes longest_visit{15};

/// What is known of a peer before it is asked: it is the server `self`, it is retired, or it must not be asked (another identity
/// is registered, or evidence against it is kept). nullopt: it must be asked.
std::optional<plan::PeerView> view_without_asking(const PeerEntry& peer, const KnownPeer& known, const ServerId& self,
                                                  io::PeerMemory& memory);

/// Throws Error{interrupted or terminated} and what is this machine's own fault; all else is in the view.
plan::PeerView observe_peer(const PeerEntry& peer, const KnownPeer& known, const PeerQuestions& questions,
                            io::Transport& transport, io::PeerMemory& memory, io::Clock& clock,
                            const std::function<void(const std::string& what)>& progress);

}  // namespace ingot::observe
