#include "state/image_address.hpp"

namespace ingot::state {

PeerNames peer_names(const std::vector<Registration>& registrations) {
  PeerNames names;
  for (const Registration& peer : registrations) names.emplace(peer.id, peer.name);
  return names;
}

Address present_address(const ImageRow& image, const PeerNames& peers) {
  if (!image.copy || !image.identity) return image_address(image.name);
  const auto peer = peers.find(image.identity->origin);
  return copy_address(peer != peers.end() ? peer->second : image.copied_from.value_or(image.origin_name), image.identity->name);
}

}  // namespace ingot::state
