#include "reconciler/observe/shared_peers.hpp"

#include <algorithm>
#include <set>

#include "reconciler/observe/observe_peer.hpp"
#include "reconciler/observe/observe_published.hpp"
#include "reconciler/observe/observe_server.hpp"

namespace ingot::observe {

namespace {

/// What of an entry decides how the peer answers: with equal ones it is asked once.
PeerEntry question_of(const PeerEntry& peer) {
  return {.name = peer.card.name,
          .card = peer.card,
          .urls = peer.urls,
          .credentials = peer.credentials,
          .allow_http = peer.allow_http,
          .max_age = peer.max_age};
}

/// An answer that may be bad only because of the state, which a peer does not read.
bool may_be_bad_state(const plan::PeerView& view) {
  const auto* const unknown = std::get_if<plan::Unknown>(&view);
  return unknown != nullptr && (unknown->code == Code::untrusted || unknown->detail_code == Code::missing_piece);
}

}  // namespace

SharedPeers::Asked& SharedPeers::asked(const PeerEntry& entry) {
  PeerEntry question = question_of(entry);
  const auto found = std::find_if(asked_.begin(), asked_.end(), [&](const Asked& one) { return one.entry == question; });
  if (found != asked_.end()) return *found;
  return asked_.emplace_back(Asked{.entry = std::move(question)});
}

/// Two entries of one server are asked one after the other: what is remembered of it is in one folder.
void SharedPeers::ask(bool read_stated) {
  for (;;) {
    Manifest asking{.server = {.name = ServerName::of("fleet")}};
    std::vector<std::size_t> places;
    std::set<ServerId> ids;
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      if (asked_[i].view || !ids.insert(asked_[i].entry.card.id).second) continue;
      asking.peers.push_back(asked_[i].entry);
      places.push_back(i);
    }
    if (places.empty()) return;
    PeerQuestions questions{.manifest = &asking,
                            .self = ServerId{},
                            .known = {},
                            .now = now_,
                            .read_settled = true,
                            .only = {},
                            .read_stated = read_stated};
    for (const auto& peer : asking.peers) questions.known.push_back(known_elsewhere(peer, {}, memory_));
    auto views = observe::ask_peers(questions, memory_, transport_, session_);
    for (std::size_t i = 0; i < places.size(); ++i) asked_[places[i]].view = std::move(views[i]);
  }
}

std::vector<plan::PeerView> SharedPeers::ask_servers(const std::vector<Card>& cards) {
  for (const auto& card : cards) asked(entry_of(card, card.url));
  ask(true);
  std::vector<plan::PeerView> views;
  for (const auto& card : cards) views.push_back(*asked(entry_of(card, card.url)).view);
  for (auto& one : asked_) {
    if (may_be_bad_state(*one.view)) one.view.reset();
  }
  return views;
}

void SharedPeers::ask_peers(const std::vector<const Manifest*>& manifests) {
  for (const Manifest* const manifest : manifests) {
    for (const auto& peer : manifest->peers) {
      if (!peer.retired) asked(peer);
    }
  }
  ask(false);
}

std::vector<plan::PeerView> SharedPeers::views(const Manifest& manifest, const ServerId& self, const state::Snapshot& snapshot) {
  ask_peers({&manifest});
  std::vector<plan::PeerView> views;
  for (const auto& peer : manifest.peers) {
    auto known = view_without_asking(peer, known_elsewhere(peer, snapshot, memory_), self, memory_);
    views.push_back(known ? *std::move(known) : *asked(peer).view);
  }
  return views;
}

}  // namespace ingot::observe
