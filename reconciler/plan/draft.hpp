// A plan while it is being made: changes with what order and guards need to know of them, and the findings beside them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "reconciler/plan/plan.hpp"

namespace ingot::plan {

/// The order of R23, one after the other.
enum class Phase {
  peers,
  types,
  subscriptions,
  withdrawals,
  images,
  deltas,
  series,
  publish,
  copies,
  following,  ///< series that follow, and what else needs a copy of this plan to be here
  copy_updates,
  exports,
  switches,
  stops,
  unregistrations,
  unexports,
  removals,
  deletions,
  type_deletions,
  uploads,
};

/// Why an exported image goes.
enum class Unexporting {
  none,      ///< it does not
  rotation,  ///< the export does not want it any more
  dropped,   ///< the manifest no longer has the export, or it has another folder
};

struct DraftChange {
  Change change;
  Phase phase = Phase::peers;
  std::int64_t priority = 0;    ///< copies: higher ones first
  bool failing = false;         ///< copies: then what has not failed lately
  std::size_t turn = 0;         ///< copies: then the first of each peer, then the second of each …: set by take_turns
  Serial newest = 0;            ///< copies: of one peer, later ones first
  bool publishes = false;       ///< it changes what this server publishes
  state::ImageKey removes = 0;  ///< a removal (R26): of this image; 0 = none
  Unexporting unexports = Unexporting::none;  ///< also of the link of a dropped export
  std::optional<Time> unwanted_since = {};    ///< a removal by `prune`: since when no rule has wanted the image
};

class Selection;

struct Draft {
  std::deque<DraftChange> changes;  ///< their addresses don't change
  std::vector<Blocked> blocked;
  std::vector<Held> held;
  std::vector<UnknownPeer> unknown;
  std::vector<Note> notes;
  std::vector<LimitLine> limits;
  std::vector<Wantedness> wantedness;
  std::vector<ForgottenExport> forgotten;
  std::vector<UnwantedDelta> unwanted_deltas;
  std::vector<Digest> abandoned;                   ///< Plan::abandoned
  std::optional<std::uint64_t> free_after_copies;  ///< bytes of the disk; nullopt: it was not looked at
  bool short_of_room = false;                      ///< Plan::short_of_room
  std::set<Digest> served_damaged;
  std::map<Verb, std::uint64_t> left_out;  ///< how much there was to do that the selection leaves out
  std::unordered_set<ServerId> unsettled;  ///< peers that must be read again, although no entry above names them
  std::optional<Time> next_removal;        ///< when time alone brings the next removal by `prune`

  /// Takes what is selected; nullptr: everything. It outlives the draft.
  explicit Draft(const Selection* selection = nullptr) : selection_(selection) {}
  Draft(Draft&&) = default;
  Draft& operator=(Draft&&) = default;

  /// What is not selected is counted or held instead.
  void add(DraftChange change);
  /// Whether two changes have one address.
  bool addresses_repeat() const { return place_of_.size() != changes.size(); }
  /// The first change of this address that is not deferred; nullptr if there is none.
  const DraftChange* doing(const Address& address) const;
  /// Takes out the changes for which `gone` holds.
  void erase(const std::function<bool(const DraftChange&)>& gone);
  /// Lets `change` wait for the change of `address`, if there is one.
  void wait_for(Change& change, const Address& address) const;
  /// The same for a change that is in the draft already; nothing if either is not there.
  void wait_for(const Address& waiting, const Address& address);

 private:
  bool takes(DraftChange& change);

  const Selection* selection_;
  std::unordered_map<std::string_view, std::size_t> place_of_;  ///< by the address, which `changes` holds
};

/// A change with its verb; nothing else is known of it yet.
Change change_of(Address address, Action action, std::vector<Reason> because);

}  // namespace ingot::plan
