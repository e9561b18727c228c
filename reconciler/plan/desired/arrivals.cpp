#include "reconciler/plan/desired/arrivals.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "schema/text/glob.hpp"

namespace ingot::plan {

namespace {

/// The image on the peer that this rule would bring under that name.
std::optional<ImageName> brought_as(const SubscriptionEntry& rule, const ImageName& here) {
  auto name = name_on_peer(rule.options.as, rule.peer, here);
  const bool excluded = name && std::any_of(rule.options.exclude.begin(), rule.options.exclude.end(),
                                            [&](const auto& glob) { return glob_matches(glob, name->text()); });
  return excluded ? std::nullopt : name;
}

}  // namespace

Arrivals::Arrivals(const Desired& desired, const Situation& situation, Draft& draft) : situation_(situation), draft_(draft) {
  std::set<std::tuple<ServerName, std::string, std::vector<std::string>>> known;
  for (const auto& rule : situation.manifest.subscriptions) {
    const PeerCase* peer = situation.peer(rule.peer);
    if (!peer || peer->sight == Sight::own || peer->sight == Sight::retired) continue;
    if (!known.emplace(rule.peer, rule.options.as, rule.options.exclude).second) continue;
    const auto rules =
        std::find_if(desired.rules.begin(), desired.rules.end(), [&](const PeerRules& one) { return one.peer == peer; });
    ways_.push_back({.peer = peer, .rules = rules == desired.rules.end() ? nullptr : &*rules, .rule = &rule});
  }
}

Arrival Arrivals::of(const ImageName& name) {
  Arrival arrival = Arrival::impossible;
  std::vector<ServerId> without;
  for (const Way& way : ways_) {
    const auto on_peer = brought_as(*way.rule, name);
    if (!on_peer) continue;
    // A settled peer was asked for this name when it was read last, and had it: else it would not be settled.
    if (way.peer->sight == Sight::settled || (way.rules && way.rules->index.has_or_had(*on_peer))) return Arrival::offered;
    if (way.rules) without.push_back(way.peer->id());
    const Arrival unread = way.peer->is_away() ? Arrival::peer_away : Arrival::peer_unknown;
    arrival = std::max(arrival, way.rules ? Arrival::never_offered : unread);
  }
  draft_.unsettled.insert(without.begin(), without.end());
  return arrival;
}

std::vector<std::string> Arrivals::names_to_mean() const {
  std::vector<std::string> names;
  for (const auto& image : situation_.manifest.images) names.push_back(image.name.text());
  for (const auto& row : situation_.snapshot.images) {
    if (!row.deleted) names.push_back(row.name.text());
  }
  for (const Way& way : ways_) {
    if (!way.rules) continue;
    for (const std::uint32_t place : way.rules->index.own()) {
      const ImageName& on_peer = way.rules->index.catalog().images[place].identity.name;
      if (const auto name = name_here(way.rule->options.as, way.rule->peer, on_peer)) names.push_back(name->text());
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Absence Arrivals::absence(Arrival arrival, const ImageName& name, const std::set<std::string>& but) {
  if (arrival == Arrival::peer_unknown) {
    const auto way = std::find_if(ways_.begin(), ways_.end(), [&](const Way& one) {
      return one.peer->sight == Sight::unknown && !one.peer->is_away() && brought_as(*one.rule, name);
    });
    const PeerCase& peer = *way->peer;
    return {Code::peer_unknown,
            fmt::format("which is not here; peer \"{}\", which may have it, is {}", peer.name().text(), text_of(peer.why.code)),
            peer.mend(), peer.name()};
  }
  if (!near_) near_.emplace(names_to_mean());
  auto near = near_->nearest(name.text(), but);
  if (near == name.text()) near.reset();  // a peer has it, and no rule brings it
  const bool by_rule = arrival == Arrival::never_offered;
  return {Code::unknown_image,
          by_rule ? "which is neither here nor in the manifest, and no subscribed peer ever had it"
                  : "which is neither here nor in the manifest",
          near ? fmt::format("did you mean \"{}\"?", *near) : "add the image, subscribe to it, or remove its name"};
}

}  // namespace ingot::plan
