// What the manifest's rules make of the peers' catalogs: from where each subscription counts, which images are to come
// and under which name, and what becomes of the copies that are here. Policy lives here; merging is a comparison.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "reconciler/plan/desired/candidates.hpp"
#include "reconciler/plan/desired/catalog_index.hpp"
#include "reconciler/plan/draft.hpp"
#include "reconciler/plan/situation.hpp"

namespace ingot::plan {

/// A subscription of the manifest whose peer is not this server.
struct DesiredSubscription {
  const PeerCase* peer = nullptr;
  const SubscriptionEntry* rule = nullptr;
  std::uint32_t order = 0;  ///< place in the manifest
  Address address;
  const state::SubscriptionRow* row = nullptr;      ///< as instantiated
  const state::SubscriptionRow* stopped = nullptr;  ///< as it was when it was stopped
  std::optional<Serial> baseline = {};              ///< nullopt: it takes the peer's head to know
  bool fresh = false;                               ///< instantiated, or its `since` set, by this plan
};

/// All that the subscriptions to one peer say of its images.
struct PeerRules {
  const PeerCase* peer = nullptr;
  CatalogIndex index;
  std::vector<Terms> terms;              ///< of the subscriptions with a known baseline, in the manifest's order
  std::vector<EvaluatedRule> evaluated;  ///< sorted by entry, then rule

  const ImageEntry& entry(const EvaluatedRule& one) const { return index.catalog().images[one.entry]; }
  const Terms& terms_of(const EvaluatedRule& one) const;
  /// What the rules say of one entry.
  std::span<const EvaluatedRule> about(std::uint32_t entry) const;
};

/// An image that shall be copied.
struct NewCopy {
  const PeerRules* rules = nullptr;
  const ImageEntry* entry = nullptr;
  std::span<const EvaluatedRule> evaluated = {};
  std::uint32_t rule = 0;  ///< the first that wants it: it gives the name (R6)
  ImageName name;          ///< here
};

/// A copy that is here, of a peer whose catalog was read.
struct KnownCopy {
  const PeerRules* rules = nullptr;
  const state::ImageRow* row = nullptr;
  const ImageEntry* entry = nullptr;  ///< nullptr: its origin deleted or disowned it
  bool disowned = false;              ///< its origin's new epoch does not know it, though an older one's did (R21)
  std::span<const EvaluatedRule> evaluated = {};
  const EvaluatedRule* governs = nullptr;  ///< the rule whose options hold for it; nullptr: no active one names it
  std::optional<ImageName> name = {};      ///< another name that it shall have
  bool wanted = false;                     ///< some rule, series or `keep = true` wants it
};

/// An image whose bits are here already under its name (R14).
struct Adopted {
  const PeerCase* peer = nullptr;
  const ImageEntry* entry = nullptr;
  ImageName name;                        ///< here
  const state::ImageRow* row = nullptr;  ///< nullptr: this plan brings it
};

struct Desired {
  std::vector<DesiredSubscription> subscriptions;  ///< in the manifest's order
  std::deque<PeerRules> rules;                     ///< of the peers that were read, in the manifest's order
  std::vector<NewCopy> copies;                     ///< free of conflicts
  std::vector<KnownCopy> known;
  std::vector<Adopted> adopted;
};

/// Blocks and notes go to the draft.
Desired decide_desired(const Situation& situation, Draft& draft);

// Its parts, one file each.
std::vector<DesiredSubscription> decide_subscriptions(const Situation& situation);
std::deque<PeerRules> gather_peer_rules(const Situation& situation, const std::vector<DesiredSubscription>& subscriptions);
/// R12: selectors that name nothing; R7 and R11: what lies before the baselines; R6: rules that differ in `as`.
void note_subscriptions(const Desired& desired, const Situation& situation, Draft& draft);
/// What becomes of the copies that are here: whether they are wanted, and their names.
std::vector<KnownCopy> decide_known_copies(const std::deque<PeerRules>& rules, const Situation& situation, Draft& draft);
/// What is to come; needs `known` for the names that renames take. Conflicts are blocked (R13, R14).
void decide_new_copies(Desired& desired, const Situation& situation, Draft& draft);

/// Whether this rule brought the copy, under whatever name the peer had then: "subscription.PEER." and the selector.
bool brought_by(const state::ImageRow& row, const SubscriptionEntry& rule);
/// The rule of the manifest that brought the copy and prunes what no rule wants any more; nullptr: none does.
const SubscriptionEntry* pruning_rule(const KnownCopy& copy);
/// The reasons for which rules want an image, in the manifest's order.
std::vector<Reason> reasons_of(const NewCopy& copy);

}  // namespace ingot::plan
