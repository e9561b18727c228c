#include "reconciler/plan/desired/rules_in_force.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "reconciler/plan/desired/catalog_index.hpp"

namespace ingot::plan {

namespace {

/// Whether every peer knows it.
bool is_known_everywhere(const Selector& selector) {
  const auto* type = std::get_if<SelectType>(&selector);
  return std::holds_alternative<SelectAll>(selector) || (type && is_builtin(type->type));
}

/// A selector of the manifest is unknown: the peer has nothing of that name; or the peer is unknown and the rule is new, so that
/// nobody can say whether the peer has it.
bool has_unknown_selector(const PeerCase& peer, const Situation& situation) {
  const auto& rules = situation.manifest.subscriptions;
  if (peer.sight == Sight::read) {
    const CatalogIndex index(*peer.catalog, peer.id());
    return std::any_of(rules.begin(), rules.end(),
                       [&](const SubscriptionEntry& rule) { return rule.peer == peer.name() && !index.knows(rule.selector); });
  }
  if (peer.sight != Sight::unknown || peer.changed_from) return false;
  const auto& rows = situation.snapshot.subscriptions;
  return std::any_of(rules.begin(), rules.end(), [&](const SubscriptionEntry& rule) {
    return rule.peer == peer.name() && !is_known_everywhere(rule.selector) &&
           std::none_of(rows.begin(), rows.end(), [&](const state::SubscriptionRow& row) {
             return !row.stopped && row.peer == peer.id() && row.selector == rule.selector;
           });
  });
}

bool is_dropped(const state::SubscriptionRow& row, const PeerCase& peer, const Situation& situation) {
  const auto& rules = situation.manifest.subscriptions;
  return !row.stopped && std::none_of(rules.begin(), rules.end(), [&](const SubscriptionEntry& rule) {
    return rule.peer == peer.name() && rule.selector == row.selector;
  });
}

}  // namespace

bool has_unknown_selector(const Manifest& manifest, const PeerEntry& peer, const Catalog& catalog) {
  const CatalogIndex index(catalog, peer.card.id);
  const auto& rules = manifest.subscriptions;
  return std::any_of(rules.begin(), rules.end(),
                     [&](const SubscriptionEntry& rule) { return rule.peer == peer.name && !index.knows(rule.selector); });
}

std::optional<Manifest> with_rules_in_force(const Situation& situation, const PlanOptions& options) {
  if (options.end_despite_unknown) return std::nullopt;
  std::vector<SubscriptionEntry> kept;
  std::unordered_map<ServerId, bool> unknown;
  for (const auto& row : situation.snapshot.subscriptions) {
    const PeerCase* peer = situation.peer(row.peer);
    if (!peer || !is_dropped(row, *peer, situation)) continue;
    const auto [found, fresh] = unknown.try_emplace(peer->id(), false);
    if (fresh) found->second = has_unknown_selector(*peer, situation);
    auto applied = found->second ? parse_options(row.since, row.options) : std::nullopt;
    if (applied) kept.push_back({.peer = peer->name(), .selector = row.selector, .options = *std::move(applied), .at = {}});
  }
  if (kept.empty()) return std::nullopt;
  std::sort(kept.begin(), kept.end(), [](const SubscriptionEntry& one, const SubscriptionEntry& other) {
    return std::tie(one.peer, one.selector) < std::tie(other.peer, other.selector);
  });
  Manifest manifest = situation.manifest;
  std::move(kept.begin(), kept.end(), std::back_inserter(manifest.subscriptions));
  return manifest;
}

std::string place_text(const SubscriptionEntry& rule) {
  return rule.at.line > 0 ? rule.at.text() : "dropped, but still in force";
}

}  // namespace ingot::plan
