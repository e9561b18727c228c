// Who has registered whom: cards that are not the peer's own, peers for nothing. That only one of two servers has registered the
// other is usual: copies need no more.
#include <algorithm>

#include <fmt/format.h>

#include "reconciler/fleet/survey.hpp"

namespace ingot::fleet {

namespace {

bool subscribes(const FleetSurvey& survey, const FleetPeer& peer) {
  const Manifest& manifest = survey.manifest(peer.member);
  return std::any_of(manifest.subscriptions.begin(), manifest.subscriptions.end(),
                     [&](const SubscriptionEntry& rule) { return rule.peer == peer.entry->name; });
}

/// A subscription in either direction: two servers may register each other although only one copies.
bool is_wanted_for_something(const FleetSurvey& survey, const FleetPeer& peer) {
  return subscribes(survey, peer) || std::any_of(survey.peers.begin(), survey.peers.end(), [&](const FleetPeer& other) {
           return peer.means && other.member == *peer.means && other.means == peer.member && subscribes(survey, other);
         });
}

void find_card(const FleetSurvey& survey, const FleetPeer& peer, const std::string& at, std::vector<FleetFinding>& findings) {
  const auto& own = survey.members[*peer.means].card;
  const std::string name = peer.entry->name.text();
  if (peer.wrong_root) {
    findings.push_back({Level::error, "wrong-root", at,
                        fmt::format("the card of peer \"{}\" pins {}, but the own card of {} says {}", name,
                                    peer.entry->card.id.text(), survey.called(*peer.means), own->id.text()),
                        fmt::format("get the card from {}; if its root is new, write replaces = \"{}\" in the entry. If that is "
                                    "another server, check its manifest too",
                                    survey.called(*peer.means), peer.entry->card.id.text())});
  }
  const auto& url = survey.manifest(*peer.means).server.url;
  if (!peer.wrong_root && url && *url != peer.entry->card.url) {
    findings.push_back({Level::warning, "old-card", at,
                        fmt::format("the card of peer \"{}\" says {}, its manifest {}", name, peer.entry->card.url, *url),
                        fmt::format("get a new card: \"ingot card\" on {}", survey.called(*peer.means))});
  }
}

}  // namespace

void find_registrations(const FleetSurvey& survey, std::vector<FleetFinding>& findings) {
  for (std::size_t i = 0; i < survey.members.size(); ++i) {
    if (survey.members[i].card) continue;
    findings.push_back({Level::note, "no-card", survey.place(i, survey.manifest(i).server.at),
                        fmt::format("{} has no server.card.toml beside its manifest: only its name is known", survey.called(i)),
                        "commit the card that \"ingot init\" wrote"});
  }
  for (const auto& peer : survey.peers) {
    const std::string at = survey.place(peer.member, peer.entry->at);
    if (!is_wanted_for_something(survey, peer)) {
      findings.push_back({Level::note, "no-subscription", at,
                          fmt::format("{} has registered \"{}\" and subscribes to nothing of it", survey.called(peer.member),
                                      peer.entry->name.text()),
                          "add a [[subscription]], or remove the [[peer]]"});
    }
    if (!peer.means) {
      findings.push_back({Level::note, "outside", at,
                          fmt::format("peer \"{}\" of {} is not one of these servers: its images are unknown",
                                      peer.entry->name.text(), survey.called(peer.member)),
                          "add its manifest to this check"});
      continue;
    }
    find_card(survey, peer, at, findings);
  }
}

}  // namespace ingot::fleet
