#include "reconciler/command/questions/shown_peers.hpp"

#include <algorithm>

namespace ingot::command {

namespace {

show::ShownPeer registered_peer(const state::Registration& registration) {
  return {.name = registration.name,
          .id = registration.id,
          .urls = registration.urls,
          .registered = registration.registered,
          .serial = registration.serial,
          .seen = registration.seen,
          .status = Code::none,
          .text = ""};
}

show::ShownPeer unregistered_peer(const PeerEntry& peer) {
  return {.name = peer.name,
          .id = peer.card.id,
          .urls = peer.urls,
          .registered = std::nullopt,
          .serial = std::nullopt,
          .seen = std::nullopt,
          .status = Code::none,
          .text = ""};
}

void add_last_view(show::ShownPeer& peer, const site::LastPlan& last) {
  const auto view = peer.id ? site::view_of(last, *peer.id) : std::nullopt;
  if (!view) return;
  peer.status = view->status;
  peer.text = view->text;
  const bool still_its = std::find(peer.urls.begin(), peer.urls.end(), view->url) != peer.urls.end();
  if (still_its) peer.url = view->url;
  if (view->seen) peer.seen = std::max(peer.seen.value_or(*view->seen), *view->seen);
  if (view->serial) peer.serial = std::max(peer.serial.value_or(0), *view->serial);
}

}  // namespace

std::vector<show::ShownPeer> shown_peers(const Manifest& manifest, const std::vector<state::Registration>& registrations,
                                         const site::LastPlan& last) {
  std::vector<show::ShownPeer> peers;
  for (const auto& registration : registrations) peers.push_back(registered_peer(registration));
  for (const auto& entry : manifest.peers) {
    const bool registered = std::any_of(registrations.begin(), registrations.end(),
                                        [&](const state::Registration& one) { return one.id == entry.card.id; });
    if (!registered) peers.push_back(unregistered_peer(entry));
  }
  for (auto& peer : peers) add_last_view(peer, last);
  std::stable_sort(peers.begin(), peers.end(),
                   [](const show::ShownPeer& one, const show::ShownPeer& other) { return one.name < other.name; });
  return peers;
}

}  // namespace ingot::command
