// Copies that are here: following their origin (R13), withdrawal (R21), what [[copy]] says, and removal by `prune` or
// `keep = false` (R16). Nothing is removed on the evidence of a peer that was not read (R19).
#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/merge.hpp"
#include "reconciler/plan/rules_in_force.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot {

namespace {

/// A copy's row as it shall be, and in what it differs.
struct Revision {
  ImageRow row;
  std::vector<std::string> changes = {};      ///< by its origin or its rule
  std::vector<std::string> own_changes = {};  ///< by its [[copy]]
  bool withdraws = false;
  bool publishes = false;
};

void revise_by_entry(Revision& revision, const CopyEntry& entry) {
  ImageRow& row = revision.row;
  if (entry.protect && *entry.protect != row.protect) {
    revision.own_changes.push_back(fmt::format("protect: {} → {}", row.protect, *entry.protect));
    row.protect = *entry.protect;
  }
  if (entry.state && *entry.state != row.state) {
    revision.own_changes.push_back(fmt::format("state: {} → {}", text_of(row.state), text_of(*entry.state)));
    row.state = *entry.state;
    revision.publishes = true;
  }
}

/// The origin's word on withdrawal is kept apart from the state that the copy has here, so that it can be taken back.
void revise_withdrawal(Revision& revision, const ImageEntry& entry) {
  ImageRow& row = revision.row;
  const bool withdrawn = entry.state() == ImageState::withdrawn;
  if (withdrawn == row.withdrawn_by_origin && (!withdrawn || entry.reason == row.reason)) return;
  revision.withdraws = withdrawn && !row.withdrawn_by_origin;
  if (!revision.withdraws)
    revision.changes.emplace_back(withdrawn ? "the reason of its withdrawal" : "its withdrawal is taken back");
  row.withdrawn_by_origin = withdrawn;
  row.reason = withdrawn ? entry.reason : std::string();
  revision.publishes = true;
}

/// What follows the origin while a rule holds for the copy.
void revise_by_origin(Revision& revision, const KnownCopy& copy, const CopyEntry* own) {
  ImageRow& row = revision.row;
  const ImageEntry& entry = *copy.entry;
  const SubscriptionOptions& options = copy.wishes->terms_of(*copy.governs).rule->options;
  if (row.labels != entry.labels) {
    revision.changes.emplace_back("labels");
    row.labels = entry.labels;
    revision.publishes = true;
  }
  if (row.description != entry.description) {
    revision.changes.emplace_back("description");
    row.description = entry.description;
    revision.publishes = true;
  }
  const bool follows = !options.arrive.state && entry.state() != ImageState::withdrawn && !(own && own->state);
  if (follows && row.state != entry.state()) {
    revision.changes.push_back(fmt::format("state: {} → {}", text_of(row.state), text_of(entry.state())));
    row.state = entry.state();
    revision.publishes = true;
  }
}

bool needs_look(const KnownCopy& copy, const CopyEntry* own) {
  if (copy.name || own) return true;
  if (!copy.entry) return false;
  const ImageRow& row = *copy.row;
  const bool withdrawn = copy.entry->state() == ImageState::withdrawn;
  if (withdrawn || row.withdrawn_by_origin) return true;
  if (!copy.governs) return false;
  return row.labels != copy.entry->labels || row.description != copy.entry->description ||
         !copy.wishes->terms_of(*copy.governs).rule->options.arrive.state;
}

Revision revise(const KnownCopy& copy, const CopyEntry* own) {
  Revision revision{.row = *copy.row};
  if (copy.entry) revise_withdrawal(revision, *copy.entry);
  if (copy.entry && copy.governs) revise_by_origin(revision, copy, own);
  if (copy.name) {
    revision.changes.push_back(fmt::format("name: {} → {}", copy.row->name.text(), copy.name->text()));
    revision.row.name = *copy.name;
    revision.publishes = true;
  }
  if (own) revise_by_entry(revision, *own);
  return revision;
}

std::vector<Reason> reasons_for(const Revision& revision, const Address& address, const PeerCase& peer,
                                const SubscriptionEntry* rule) {
  std::vector<Reason> because;
  const Address whose = rule ? subscription_address(rule->peer, rule->selector) : peer_address(peer.name());
  const std::optional<At> at = rule ? place_of(*rule) : peer.entry->at;
  if (revision.withdraws) {
    because.push_back({.code = "withdrawn",
                       .rule = whose.text,
                       .at = at,
                       .text = fmt::format("peer \"{}\" withdrew it; its bytes stay", peer.name().text())});
  }
  if (!revision.changes.empty())
    because.push_back({.code = "changed", .rule = whose.text, .at = at, .text = listed(revision.changes)});
  const CopyEntry* own = peer.copy_entry(revision.row.identity->name);
  if (own && !revision.own_changes.empty()) {
    because.push_back({.code = "changed", .rule = address.text, .at = own->at, .text = listed(revision.own_changes)});
  }
  return because;
}

void add_revision(Revision revision, const PeerCase& peer, const SubscriptionEntry* rule, Draft& draft) {
  if (!revision.withdraws && revision.changes.empty() && revision.own_changes.empty()) return;
  const Address address = copy_address(peer.name(), revision.row.identity->name);
  auto because = reasons_for(revision, address, peer, rule);
  const Phase phase = revision.withdraws ? Phase::withdrawals : Phase::copy_updates;
  const bool publishes = revision.publishes;
  auto changes = std::move(revision.changes);
  changes.insert(changes.end(), revision.own_changes.begin(), revision.own_changes.end());
  Action action = revision.withdraws
                      ? Action(WithdrawCopy{.peer = peer.name(), .row = std::move(revision.row)})
                      : Action(UpdateCopy{.peer = peer.name(), .row = std::move(revision.row), .changes = std::move(changes)});
  Change change = change_of(address, std::move(action), std::move(because));
  draft.wait_for(change, peer_address(peer.name()));
  if (rule) draft.wait_for(change, subscription_address(rule->peer, rule->selector));
  draft.add({.change = std::move(change), .phase = phase, .publishes = publishes});
}

/// `unwanted_since`: of a removal by `prune`.
void add_removal(const ImageRow& row, const PeerCase& peer, Reason reason, std::optional<Time> unwanted_since,
                 const Situation& situation, Draft& draft) {
  const Address address = copy_address(peer.name(), row.identity->name);
  const auto listing = situation.series_listing.find(row.name.text());
  if (listing != situation.series_listing.end()) {
    const SeriesDeclaration& series = *listing->second.front();
    draft.blocked.push_back(
        {.address = address,
         .verb = Verb::remove,
         .code = "in-series",
         .text = fmt::format("series \"{}\" of the manifest lists it as \"{}\"", series.name.text(), row.name.text()),
         .mend = "take it out of the series first",
         .at = series.at});
  } else if (row.protect) {
    draft.held.push_back({.address = address,
                          .verb = Verb::remove,
                          .code = "protected",
                          .text = fmt::format("{}; it is protected", reason.text),
                          .mend = "apply `protect = false` in its [[copy]] first",
                          .because = {reason}});
  } else {
    Change change = change_of(address, RemoveCopy{.peer = peer.name(), .key = row.key, .name = row.name}, {std::move(reason)});
    change.size = row.size;
    draft.add({.change = std::move(change),
               .phase = Phase::removals,
               .publishes = true,
               .removes = row.key,
               .unwanted_since = unwanted_since});
  }
}

void remove_by_entry(const ImageRow& row, const PeerCase& peer, const CopyEntry& entry, const Situation& situation,
                     Draft& draft) {
  Reason reason{.code = "not-kept",
                .rule = copy_address(peer.name(), row.identity->name).text,
                .at = std::nullopt,
                .text = fmt::format("its [[copy]] ({}) says `keep = false`", entry.at.text())};
  add_removal(row, peer, std::move(reason), std::nullopt, situation, draft);
}

/// Keeps the books on since when no rule wants a copy; plans its removal once that is long enough ago.
void prune(const KnownCopy& copy, const Situation& situation, Draft& draft) {
  const ImageRow& row = *copy.row;
  const PeerCase& peer = *copy.wishes->peer;
  if (copy.wanted) {
    if (row.unwanted_since) draft.wantedness.push_back({.key = row.key, .unwanted_since = std::nullopt});
    if (row.unwanted_since) draft.unsettled.insert(peer.id());
    return;
  }
  const Time since = row.unwanted_since.value_or(situation.observed.now);
  if (!row.unwanted_since) {
    draft.wantedness.push_back({.key = row.key, .unwanted_since = since});
    draft.unsettled.insert(peer.id());
  }
  const SubscriptionEntry* rule = pruning_rule(copy);
  if (!rule) return;
  const Time due = since + *rule->options.prune;
  if (due > situation.observed.now) {
    if (!draft.next_removal || due < *draft.next_removal) draft.next_removal = due;
    return;
  }
  Reason reason{.code = "unwanted",
                .rule = subscription_address(rule->peer, rule->selector).text,
                .at = std::nullopt,
                .text = fmt::format("no rule has wanted it since {}, and its subscription ({}) says `prune = \"{}\"`",
                                    time_text(since), place_text(*rule), duration_text(*rule->options.prune))};
  add_removal(row, peer, std::move(reason), since, situation, draft);
}

/// Copies of peers that were not read: only what the manifest itself says of them.
void merge_copies_of_unread_peers(const Situation& situation, Draft& draft) {
  for (const auto& row : situation.snapshot.images) {
    if (!row.copy || row.deleted || !row.identity) continue;
    const PeerCase* peer = situation.peer(row.identity->origin);
    const bool unread = peer && peer->sight != Sight::read && peer->sight != Sight::own;
    const CopyEntry* own = unread ? peer->copy_entry(row.identity->name) : nullptr;
    if (!own) continue;
    Revision revision{.row = row};
    revise_by_entry(revision, *own);
    if (own->keep == false) remove_by_entry(row, *peer, *own, situation, draft);
    add_revision(std::move(revision), *peer, nullptr, draft);
  }
}

}  // namespace

void merge_known_copies(const Desired& desired, const Situation& situation, Draft& draft) {
  for (const auto& copy : desired.known) {
    const PeerCase& peer = *copy.wishes->peer;
    const CopyEntry* own = peer.copy_entry(copy.row->identity->name);
    if (own && own->keep == false)
      remove_by_entry(*copy.row, peer, *own, situation, draft);
    else
      prune(copy, situation, draft);
    if (!needs_look(copy, own)) continue;
    const SubscriptionEntry* rule = copy.governs ? copy.wishes->terms_of(*copy.governs).rule : nullptr;
    add_revision(revise(copy, own), peer, rule, draft);
  }
  merge_copies_of_unread_peers(situation, draft);
}

}  // namespace ingot
