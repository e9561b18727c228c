// The servers that the plans of many servers are made of. Each is asked once, however many manifests have it as a peer.
#pragma once

#include <optional>
#include <vector>

#include "reconciler/console/session.hpp"
#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/io/net/transport.hpp"
#include "reconciler/plan/observed.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/snapshot.hpp"

namespace ingot::observe {

class SharedPeers {
 public:
  SharedPeers(Time now, io::PeerMemory& memory, io::Transport& transport, const console::Session& session)
      : now_(now), memory_(memory), transport_(transport), session_(session) {}

  /// Asks the servers of these cards, in parallel, also what they say of their states. One view each, in their order.
  std::vector<plan::PeerView> ask_servers(const std::vector<Card>& cards);
  /// Asks those peers of the manifests that were not asked yet, in parallel.
  void ask_peers(const std::vector<const Manifest*>& manifests);
  /// A view for each peer of the manifest, for the server `self` with this snapshot. Asks those that were not asked yet.
  std::vector<plan::PeerView> views(const Manifest& manifest, const ServerId& self, const state::Snapshot& snapshot);

 private:
  struct Asked {
    PeerEntry entry;
    std::optional<plan::PeerView> view = {};  ///< nullopt: not asked yet
  };

  Asked& asked(const PeerEntry& entry);
  void ask(bool read_stated);

  Time now_;
  io::PeerMemory& memory_;
  io::Transport& transport_;
  const console::Session& session_;
  std::vector<Asked> asked_;
};

}  // namespace ingot::observe
