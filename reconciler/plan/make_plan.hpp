// Manifest, snapshot and observation → plan. Pure and total: no clock, file, socket or error; the same input gives the
// same plan, byte for byte, whatever the order of insertion.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "reconciler/plan/observed.hpp"
#include "reconciler/plan/plan.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/snapshot.hpp"

namespace ingot::plan {

/// What the command line adds to the manifest's guards, and what of the whole it asks for.
struct PlanOptions {
  std::optional<std::uint64_t> raise_removals;
  std::optional<std::uint64_t> raise_stops;
  std::optional<std::uint64_t> raise_withdrawals = {};
  bool allow_empty = false;
  bool end_despite_unknown = false;                ///< dropped rules end although another selector of their peer is unknown (R12)
  std::vector<std::string> targets = {};           ///< addresses: only these, and what they need; empty: everything
  std::vector<std::string> excluded = {};          ///< addresses: not these, nor what needs them
  std::optional<std::set<std::string>> only = {};  ///< exactly these addresses: a saved plan's
  std::optional<std::set<Verb>> approved = {};     ///< the actions of other verbs are held
  std::optional<std::set<Digest>> repairs_of =
      {};  ///< nothing but the repairs of these bytes, and what they change of the catalog
  bool operator==(const PlanOptions&) const = default;
};

/// The manifest declares nothing while the state manages something (R26): refused whole.
struct RefusedEmpty {
  std::string text;
  std::string mend;
};

/// A target or an exclusion that names nothing, or what cannot be excluded.
struct WrongAddress {
  std::string address;
  std::string text;
  std::string mend;
};

/// decide_desired, merge, budgets, guards, order. With a selection in the options twice: what needs what is known of the whole.
std::variant<Plan, RefusedEmpty, WrongAddress> make_plan(const Manifest& manifest, const state::Snapshot& snapshot,
                                                         const Observed& observed, const PlanOptions& options);

/// The canonical text of what the manifest says of one peer: its entry, subscriptions, copies, follows. With
/// shared_rules_text, the index and the state's revision it tells whether a peer is settled.
std::string rules_text(const Manifest& manifest, const PeerEntry& peer);
/// The same of what bears on every peer alike: the names and types here, and which peers there are.
std::string shared_rules_text(const Manifest& manifest);

/// What to leave out of the snapshot after what was seen (one view per manifest.peers): the copies of settled peers, but for
/// those that the images of the peers that were read may clash with, and that the series followed on them list, and those that
/// have one of the names `about`, here or on their peer. To be used wherever a plan is made.
state::SnapshotScope scope_for(const Manifest& manifest, const std::vector<PeerView>& peers,
                               const std::set<ImageName>& about = {});

/// Whether a rule of this peer looks at other images too when it decides on one: at its ancestors, or at the latest of a series.
bool rules_compare_images(const Manifest& manifest, const ServerName& peer);

/// The notes of a plan that are about one peer: what is remembered with a settled one.
std::vector<Note> notes_of(const Plan& plan, const ServerName& peer);

}  // namespace ingot::plan
