#include "schema/manifest/manifest.hpp"

#include <algorithm>

namespace ingot {

bool Manifest::declares_nothing() const {
  return peers.empty() && types.empty() && images.empty() && series.empty() && subscriptions.empty() && copies.empty();
}

const std::vector<Window>& windows_of(const ServerName& peer, const Manifest& manifest) {
  const auto entry =
      std::find_if(manifest.peers.begin(), manifest.peers.end(), [&](const PeerEntry& one) { return one.name == peer; });
  return entry == manifest.peers.end() || entry->windows.empty() ? manifest.limits.windows : entry->windows;
}

}  // namespace ingot
