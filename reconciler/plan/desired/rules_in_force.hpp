// R12: a rule that the manifest dropped stays in force while another selector of its peer names nothing. That is probably a
// misspelt rename, and what the old rule wants must not be skipped by it.
#pragma once

#include <optional>

#include "reconciler/plan/make_plan.hpp"
#include "reconciler/plan/situation.hpp"

namespace ingot::plan {

/// Whether a subscription of the manifest names something that this peer neither has nor had.
bool has_unknown_selector(const Manifest& manifest, const PeerEntry& peer, const Catalog& catalog);

/// The manifest with these rules, as they were applied; they have no place in it (SubscriptionEntry::at.line is 0). nullopt:
/// there are none.
std::optional<Manifest> with_rules_in_force(const Situation& situation, const PlanOptions& options);

/// Where a rule stands in the manifest; nullopt: it is in force and stands there no more.
inline std::optional<At> place_of(const SubscriptionEntry& rule) {
  return rule.at.line > 0 ? std::optional(rule.at) : std::nullopt;
}

/// "ingot.toml:41", or that it was dropped.
std::string place_text(const SubscriptionEntry& rule);

}  // namespace ingot::plan
