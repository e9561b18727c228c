#include "schema/manifest/manifest.hpp"

#include <algorithm>
#include <cmath>

namespace ingot {

std::uint64_t bytes_to_keep(const MinFree& min_free, std::uint64_t total) {
  if (const auto* const bytes = std::get_if<std::uint64_t>(&min_free.value)) return *bytes;
  const double share = std::clamp(std::get<double>(min_free.value), 0.0, 100.0) / 100.0;
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(total) * share));
}

bool Manifest::declares_nothing() const {
  return peers.empty() && types.empty() && images.empty() && series.empty() && subscriptions.empty() && copies.empty() &&
         exports.empty();
}

const std::vector<Window>& windows_of(const ServerName& peer, const Manifest& manifest) {
  const auto entry =
      std::find_if(manifest.peers.begin(), manifest.peers.end(), [&](const PeerEntry& one) { return one.name == peer; });
  return entry == manifest.peers.end() || entry->windows.empty() ? manifest.limits.windows : entry->windows;
}

}  // namespace ingot
