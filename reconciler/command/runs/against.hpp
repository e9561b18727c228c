// A plan where neither the server's state nor its sources are: against what the server itself publishes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reconciler/command/runs/look.hpp"
#include "reconciler/io/disk/peer_memory.hpp"
#include "schema/catalog/card.hpp"

namespace ingot::command {

/// A view for each peer of the manifest. `snapshot`: what the server says of its state.
using AskPeers = std::function<std::vector<plan::PeerView>(const state::Snapshot& snapshot)>;

/// The plan that the server would make with this manifest. `server` says what its state is. Error as look(); Error{untrusted}:
/// its state does not match its catalog.
Observation look_at_published(const plan::PeerCatalog& server, const Manifest& manifest, const plan::PlanOptions& options,
                              Time now, const AskPeers& ask_peers);

class PublishedServer {
 public:
  /// Asks it at `url`, as whom its card pins. Error{incomplete}: it cannot be had, or its head is over; Error{untrusted};
  /// Error{refused} "no-state": it says nothing of its state.
  PublishedServer(const std::string& url, const Card& card, io::Transport& transport, const console::Session& session);

  /// Asks the peers of the manifest, and makes the plan that the server would make. Error as look().
  Observation look(const Manifest& manifest, const plan::PlanOptions& options);

 private:
  io::Transport& transport_;
  const console::Session& session_;
  Time now_;
  io::PeerMemory memory_;
  plan::PeerCatalog server_;
};

}  // namespace ingot::command
