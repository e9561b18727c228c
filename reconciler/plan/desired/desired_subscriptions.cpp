// From where each subscription counts (R7, R11), and what its rule says of the peer's images.
#include <algorithm>
#include <map>
#include <tuple>

#include "reconciler/plan/desired/desired.hpp"
#include "schema/overloaded.hpp"

namespace ingot::plan {

namespace {

using RowKey = std::pair<ServerId, std::string>;

RowKey key_of(const ServerId& peer, const Selector& selector) {
  return {peer, std::string(kind_of(selector)) + "." + value_of(selector)};
}

std::optional<Serial> baseline_asked_for(const Since& since, const PeerCase& peer) {
  return std::visit(Overloaded{[&](const SinceNow&) { return peer.head ? std::optional(peer.head->serial) : std::nullopt; },
                               [](const SinceStart&) { return std::optional(Serial{0}); },
                               [](const SinceSerial& since_serial) { return std::optional(since_serial.serial); }},
                    since);
}

}  // namespace

std::vector<DesiredSubscription> decide_subscriptions(const Situation& situation) {
  std::map<RowKey, const state::SubscriptionRow*> rows;
  for (const auto& row : situation.snapshot.subscriptions) {
    // Should both a stopped and an active row exist, the active one counts.
    const state::SubscriptionRow*& place = rows[key_of(row.peer, row.selector)];
    if (!place || !row.stopped) place = &row;
  }
  std::vector<DesiredSubscription> subscriptions;
  for (std::uint32_t order = 0; order < situation.manifest.subscriptions.size(); ++order) {
    const SubscriptionEntry& rule = situation.manifest.subscriptions[order];
    const PeerCase* peer = situation.peer(rule.peer);
    if (!peer || peer->sight == Sight::own || peer->sight == Sight::retired) continue;
    DesiredSubscription wanted{
        .peer = peer, .rule = &rule, .order = order, .address = subscription_address(rule.peer, rule.selector)};
    const auto found = rows.find(key_of(peer->id(), rule.selector));
    if (found != rows.end()) (found->second->stopped ? wanted.stopped : wanted.row) = found->second;
    wanted.fresh = !wanted.row || wanted.row->since != since_text(rule.options.since);
    wanted.baseline = wanted.fresh ? baseline_asked_for(rule.options.since, *peer) : wanted.row->baseline;
    subscriptions.push_back(std::move(wanted));
  }
  return subscriptions;
}

std::deque<PeerRules> gather_peer_rules(const Situation& situation, const std::vector<DesiredSubscription>& subscriptions) {
  std::deque<PeerRules> all;
  for (const auto& peer : situation.peers) {
    if (peer.sight != Sight::read) continue;
    PeerRules& rules =
        all.emplace_back(PeerRules{.peer = &peer, .index = CatalogIndex(*peer.catalog, peer.id()), .terms = {}, .evaluated = {}});
    for (const auto& wanted : subscriptions) {
      if (wanted.peer != &peer || !wanted.baseline) continue;
      rules.terms.push_back(
          {.peer = &peer, .rule = wanted.rule, .order = wanted.order, .baseline = *wanted.baseline, .fresh = wanted.fresh});
      const auto evaluated = judge(rules.terms.back(), rules.index);
      rules.evaluated.insert(rules.evaluated.end(), evaluated.begin(), evaluated.end());
    }
    std::sort(rules.evaluated.begin(), rules.evaluated.end(), [](const EvaluatedRule& one, const EvaluatedRule& other) {
      return std::tie(one.entry, one.rule) < std::tie(other.entry, other.rule);
    });
  }
  return all;
}

const Terms& PeerRules::terms_of(const EvaluatedRule& one) const {
  return *std::lower_bound(terms.begin(), terms.end(), one.rule,
                           [](const Terms& terms_, std::uint32_t rule) { return terms_.order < rule; });
}

std::span<const EvaluatedRule> PeerRules::about(std::uint32_t entry) const {
  const auto [first, last] =
      std::equal_range(evaluated.begin(), evaluated.end(), EvaluatedRule{.entry = entry},
                       [](const EvaluatedRule& one, const EvaluatedRule& other) { return one.entry < other.entry; });
  return {first, last};
}

Desired decide_desired(const Situation& situation, Draft& draft) {
  Desired desired;
  desired.subscriptions = decide_subscriptions(situation);
  desired.rules = gather_peer_rules(situation, desired.subscriptions);
  desired.known = decide_known_copies(desired.rules, situation, draft);
  decide_new_copies(desired, situation, draft);
  note_subscriptions(desired, situation, draft);
  return desired;
}

}  // namespace ingot::plan
