// Manifest, snapshot and observation → plan. Pure and total: no clock, file, socket or error; the same input gives the
// same plan, byte for byte, whatever the order of insertion.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "reconciler/plan/observed.hpp"
#include "reconciler/plan/plan.hpp"
#include "schema/manifest.hpp"
#include "state/snapshot.hpp"

namespace ingot {

/// What the command line adds to the manifest's guards.
struct PlanOptions {
  std::optional<std::uint64_t> raise_removals;
  std::optional<std::uint64_t> raise_stops;
  bool allow_empty = false;
};

/// The manifest declares nothing while the state manages something (R26): refused whole.
struct RefusedEmpty { std::string text; std::string mend; };

/// decide_desired, merge, budgets, guards, order.
std::variant<Plan, RefusedEmpty> make_plan(const Manifest& manifest, const Snapshot& snapshot, const Observed& observed,
                                           const PlanOptions& options);

/// The bytes that the plan's id is the sha256 of: each action's address, verb and intended result; not baselines,
/// sizes, transfers, reasons, deferrals or paths (contract, section 5).
std::string plan_id_text(const Plan& plan);
/// The line of one action in it.
std::string change_id_text(const Change& change);

/// The canonical text of everything in the manifest that bears on one peer (its entry, subscriptions, copies, follows, and
/// the names and types here): with the index and the state's revision it tells whether a peer is settled.
std::string rules_text(const Manifest& manifest, const PeerEntry& peer);

/// What to leave out of the snapshot after what was seen (one view per manifest.peers): the copies of settled peers, but for
/// those that the images of the peers that were read may clash with, and that the series followed on them list. To be used
/// wherever a plan is made.
SnapshotScope scope_for(const Manifest& manifest, const std::vector<PeerView>& peers);

/// The peer that an address is about ("peer.P", "subscription.P.…", "copy.P.…"); "" for other addresses.
std::string_view peer_of_address(std::string_view address);
/// The notes of a plan that are about one peer: what is remembered with a settled one.
std::vector<Note> notes_of(const Plan& plan, const ServerName& peer);

}  // namespace ingot
