#include "reconciler/fleet/fleet_wants.hpp"

#include <algorithm>
#include <map>

#include "reconciler/fleet/survey.hpp"
#include "reconciler/plan/desired/candidates.hpp"

namespace ingot::fleet {

namespace {

const FleetMember* member_of(const ServerId& id, const std::vector<FleetMember>& members) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const FleetMember& member) { return member.card && member.card->id == id; });
  return found == members.end() ? nullptr : &*found;
}

const PeerEntry* peer_of(const ServerId& id, const Manifest& manifest) {
  const auto& peers = manifest.peers;
  const auto found = std::find_if(peers.begin(), peers.end(), [&](const PeerEntry& peer) { return peer.card.id == id; });
  return found == peers.end() ? nullptr : &*found;
}

/// Where the manifest has a rule; "": it does not have it.
std::string place_of(const StatedSubscription& said, const PeerEntry& peer, const Manifest& manifest) {
  const auto& rules = manifest.subscriptions;
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const SubscriptionEntry& one) {
    return one.peer == peer.name && one.selector == said.selector;
  });
  return rule == rules.end() ? "" : place_in(manifest, rule->at);
}

/// A catalog, looked up once however many rules are about it.
class CatalogIndexes {
 public:
  explicit CatalogIndexes(const std::vector<FleetWord>& servers) : servers_(servers) {}
  /// nullptr: nothing is known of that server.
  plan::CatalogIndex* of(const ServerId& id) {
    const auto word = std::find_if(servers_.begin(), servers_.end(), [&](const FleetWord& one) { return one.id == id; });
    if (word == servers_.end() || !word->catalog) return nullptr;
    return &made_.try_emplace(id, *word->catalog, id).first->second;
  }

 private:
  const std::vector<FleetWord>& servers_;
  std::map<ServerId, plan::CatalogIndex> made_;
};

}  // namespace

class FleetWants::Evaluation {
 public:
  Evaluation(const std::vector<FleetWord>& servers, const std::vector<FleetMember>& members)
      : indexes_(servers), members_(members) {}

  Wants of(const FleetWord& server) {
    Wants wants;
    if (!server.stated) return wants;
    const FleetMember* const member = member_of(server.id, members_);
    for (const auto& said : server.stated->subscriptions) {
      if (!said.stopped) add(said, member, wants);
    }
    std::map<ImageName, const StatedImage*> by_name;
    for (const auto& image : server.stated->images) by_name.emplace(image.name, &image);
    for (const auto& image : server.catalog->images) {
      if (const auto found = by_name.find(image.name); found != by_name.end()) wants.said.emplace(image.identity, found->second);
    }
    return wants;
  }

 private:
  void add(const StatedSubscription& said, const FleetMember* member, Wants& wants) {
    const PeerEntry* const written = member ? peer_of(said.peer, member->manifest) : nullptr;
    const auto rule = std::make_shared<const FleetWantRule>(
        FleetWantRule{.address = said.rule, .at = written ? place_of(said, *written, member->manifest) : ""});
    plan::CatalogIndex* const index = indexes_.of(said.peer);
    const auto options = parse_options(said.since, said.options);
    if (index == nullptr || !options) {
      wants.unknown_origins.emplace(said.peer, rule);
      return;
    }
    const PeerEntry peer{.name = said.peer_name, .card = {.name = said.peer_name, .url = "", .id = said.peer}};
    const SubscriptionEntry entry{.peer = said.peer_name, .selector = said.selector, .options = *options};
    const plan::PeerCase known = written ? case_of(*written, member->manifest) : plan::PeerCase{.entry = &peer};
    for (const auto& one : plan::judge({.peer = &known, .rule = &entry, .baseline = said.baseline}, *index))
      merge(index->catalog().images[one.entry].identity, one, rule, wants);
  }

  /// The first rule that wants it counts.
  static void merge(const ImageIdentity& image, const plan::EvaluatedRule& one, const std::shared_ptr<const FleetWantRule>& rule,
                    Wants& wants) {
    const bool wanted = one.verdict == plan::Verdict::wanted;
    const Evaluated made{.want = {.wanted = wanted ? Wanted::yes : Wanted::no, .code = code_of(one.verdict), .rule = rule},
                         .keeps = one.keeps};
    const auto [found, is_new] = wants.images.emplace(image, made);
    if (is_new || found->second.want.wanted == Wanted::yes) return;
    if (wanted || (one.keeps && !found->second.keeps)) found->second = made;
  }

  CatalogIndexes indexes_;
  const std::vector<FleetMember>& members_;
};

FleetWants::FleetWants(const std::vector<FleetWord>& servers, const std::vector<FleetMember>& members) : servers_(servers) {
  Evaluation evaluation(servers, members);
  for (const auto& server : servers) wants_.push_back(evaluation.of(server));
}

FleetWant FleetWants::of(std::size_t server, const ImageIdentity& image, bool is_here) const {
  const FleetWord& word = servers_[server];
  if (!word.stated) return {};
  if (image.origin == word.id) return {.wanted = is_here ? Wanted::yes : Wanted::no};
  const Wants& wants = wants_[server];
  const auto found = wants.images.find(image);
  if (found != wants.images.end() && (found->second.want.wanted == Wanted::yes || (is_here && found->second.keeps)))
    return {.wanted = Wanted::yes, .rule = found->second.want.rule};
  const auto said = wants.said.find(image);
  const bool is_said = is_here && said != wants.said.end();
  if (is_said && said->second->protect) return {.wanted = Wanted::yes};
  if (found != wants.images.end()) return found->second.want;
  const auto unknown = wants.unknown_origins.find(image.origin);
  if (unknown == wants.unknown_origins.end() || (is_said && said->second->unwanted_since)) return {.wanted = Wanted::no};
  if (is_said && !said->second->rule.empty())
    return {.wanted = Wanted::yes, .rule = std::make_shared<const FleetWantRule>(FleetWantRule{.address = said->second->rule})};
  return {.rule = unknown->second};
}

}  // namespace ingot::fleet
