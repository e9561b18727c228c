// Copies that are here: following their origin (R13), withdrawal (R21), what [[copy]] says, and removal by `prune` or
// `keep = false` (R16). Nothing is removed on the evidence of a peer that was not read (R19).
#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/desired/rules_in_force.hpp"
#include "reconciler/plan/merge/merge.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

namespace {

/// A copy's row as it shall be, and in what it differs.
struct Revision {
  state::ImageRow row;
  std::vector<std::string> changes = {};      ///< by its origin or its rule
  std::vector<std::string> own_changes = {};  ///< by its [[copy]]
  bool withdraws = false;
  bool disowned = false;  ///< why it withdraws
  bool publishes = false;
};

constexpr const char* disowned_reason = "disowned: the keys that signed it were revoked, and its origin does not have it";

void revise_by_entry(Revision& revision, const CopyEntry& entry) {
  state::ImageRow& row = revision.row;
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
void revise_withdrawal(Revision& revision, bool withdrawn, const std::string& reason) {
  state::ImageRow& row = revision.row;
  if (withdrawn == row.withdrawn_by_origin && (!withdrawn || reason == row.reason)) return;
  revision.withdraws = withdrawn && !row.withdrawn_by_origin;
  if (!revision.withdraws)
    revision.changes.emplace_back(withdrawn ? "the reason of its withdrawal" : "its withdrawal is taken back");
  row.withdrawn_by_origin = withdrawn;
  row.reason = withdrawn ? reason : std::string();
  revision.publishes = true;
}

void revise_withdrawal(Revision& revision, const ImageEntry& entry) {
  revise_withdrawal(revision, entry.state() == ImageState::withdrawn, entry.reason);
}

/// What follows the origin while a rule holds for the copy.
void revise_by_origin(Revision& revision, const KnownCopy& copy, const CopyEntry* own) {
  state::ImageRow& row = revision.row;
  const ImageEntry& entry = *copy.entry;
  const SubscriptionOptions& options = copy.rules->terms_of(*copy.governs).rule->options;
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
  if (copy.name || own || copy.disowned) return true;
  if (!copy.entry) return false;
  const state::ImageRow& row = *copy.row;
  const bool withdrawn = copy.entry->state() == ImageState::withdrawn;
  if (withdrawn || row.withdrawn_by_origin) return true;
  if (!copy.governs) return false;
  return row.labels != copy.entry->labels || row.description != copy.entry->description ||
         !copy.rules->terms_of(*copy.governs).rule->options.arrive.state;
}

Revision revise(const KnownCopy& copy, const CopyEntry* own) {
  Revision revision{.row = *copy.row};
  if (copy.entry) revise_withdrawal(revision, *copy.entry);
  if (copy.disowned) revise_withdrawal(revision, true, disowned_reason);
  revision.disowned = copy.disowned;
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
  if (revision.withdraws && revision.disowned) {
    because.push_back(
        {.code = Code::disowned,
         .rule = whose.text,
         .at = at,
         .text = fmt::format("peer \"{}\" revoked the keys that signed it, and does not have it; its bytes stay here",
                             peer.name().text())});
  } else if (revision.withdraws) {
    because.push_back({.code = Code::withdrawn,
                       .rule = whose.text,
                       .at = at,
                       .text = fmt::format("peer \"{}\" withdrew it; its bytes stay", peer.name().text())});
  }
  if (!revision.changes.empty())
    because.push_back({.code = Code::changed, .rule = whose.text, .at = at, .text = listed(revision.changes)});
  const CopyEntry* own = peer.copy_entry(revision.row.identity->name);
  if (own && !revision.own_changes.empty()) {
    because.push_back({.code = Code::changed, .rule = address.text, .at = own->at, .text = listed(revision.own_changes)});
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
  // What was withdrawn waits for no change of a rule, which somebody may have to approve first.
  if (rule && phase != Phase::withdrawals) draft.wait_for(change, subscription_address(rule->peer, rule->selector));
  draft.add({.change = std::move(change), .phase = phase, .publishes = publishes});
}

/// `unwanted_since`: of a removal by `prune`.
void add_removal(const state::ImageRow& row, const PeerCase& peer, Reason reason, std::optional<Time> unwanted_since,
                 const Situation& situation, Draft& draft) {
  const Address address = copy_address(peer.name(), row.identity->name);
  const auto listing = situation.series_listing.find(row.name.text());
  if (listing != situation.series_listing.end()) {
    const SeriesDeclaration& series = *listing->second.front();
    draft.blocked.push_back(
        {.address = address,
         .verb = Verb::remove,
         .code = Code::in_series,
         .text = fmt::format("series \"{}\" of the manifest lists it as \"{}\"", series.name.text(), row.name.text()),
         .mend = "remove it from the series first",
         .at = series.at});
  } else if (row.protect) {
    draft.held.push_back({.address = address,
                          .verb = Verb::remove,
                          .code = Code::protected_,
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

void remove_by_entry(const state::ImageRow& row, const PeerCase& peer, const CopyEntry& entry, const Situation& situation,
                     Draft& draft) {
  Reason reason{.code = Code::not_kept,
                .rule = copy_address(peer.name(), row.identity->name).text,
                .at = std::nullopt,
                .text = fmt::format("its [[copy]] ({}) says `keep = false`", entry.at.text())};
  add_removal(row, peer, std::move(reason), std::nullopt, situation, draft);
}

/// Keeps the books on since when no rule wants a copy; plans its removal once that is long enough ago.
void prune(const KnownCopy& copy, const Situation& situation, Draft& draft) {
  const state::ImageRow& row = *copy.row;
  const PeerCase& peer = *copy.rules->peer;
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
  Reason reason{.code = Code::unwanted,
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
    if (own->keep == false) remove_by_entry(row, *peer, *own, situation, draft);
    if (peer->sight == Sight::retired) continue;  // others may speak for it: follow_withdrawals_elsewhere
    Revision revision{.row = row};
    revise_by_entry(revision, *own);
    add_revision(std::move(revision), *peer, nullptr, draft);
  }
}

/// The peer's own image of this name and these bits; nullptr: it lists none.
const ImageEntry* listed_as(const PeerRules& rules, const state::ImageRow& row) {
  const auto& images = rules.index.catalog().images;
  const auto& own = rules.index.own();  // sorted by name
  const ImageName& name = row.identity->name;
  const auto first = std::lower_bound(own.begin(), own.end(), name,
                                      [&](std::uint32_t place, const ImageName& wanted) { return images[place].name < wanted; });
  for (auto place = first; place != own.end() && images[*place].name == name; ++place) {
    if (images[*place].digest == row.digest) return &images[*place];
  }
  return nullptr;
}

/// Whether nobody can speak for the copies of this origin but others: it is not in the manifest any more, or retired.
bool is_silent(const ServerId& origin, const Situation& situation) {
  const PeerCase* const peer = situation.peer(origin);
  return peer == nullptr || peer->sight == Sight::retired;
}

/// Whose word on a withdrawal counts for a copy whose origin is silent: the peer's that replaces it, else any registered one's.
bool speaks_for(const PeerCase& peer, const ServerId& origin, const Situation& situation) {
  const auto replaces = [&](const PeerCase& one) { return one.entry->replaces == origin; };
  if (std::any_of(situation.peers.begin(), situation.peers.end(), replaces)) return replaces(peer);
  return peer.sight != Sight::own && peer.sight != Sight::retired;
}

/// A peer that only lists the same bits may not know of the withdrawal: the withdrawal stays.
void keep_withdrawn(const state::ImageRow& row, const PeerCase& peer, ImageState said, const Situation& situation, Draft& draft) {
  draft.unsettled.insert(peer.id());  // the note comes in each run
  const PeerCase* const retired = situation.peer(row.identity->origin);
  draft.notes.push_back(
      {Code::withdrawn, copy_address(retired ? retired->name() : peer.name(), row.identity->name).text,
       fmt::format("it stays withdrawn{}: peer \"{}\" lists the same bytes as {}, but only its origin \"{}\" can take the "
                   "withdrawal back; if the image is sound, adopt it here ([[copy]] adopt) and name it in an [[image]]",
                   row.reason.empty() ? "" : " (" + row.reason + ")", peer.name().text(), text_of(said),
                   retired ? retired->name().text() : row.origin_name.text())});
}

/// R21: a copy whose origin was made anew, or is gone, is withdrawn as soon as one of those that speak for it says so. Only the
/// peer that replaces its origin takes that back.
void follow_in_place_of_origin(const Desired& desired, const state::ImageRow& row, const Situation& situation, Draft& draft) {
  const PeerRules* speaker = nullptr;
  const ImageEntry* word = nullptr;
  for (const auto& rules : desired.rules) {
    const ImageEntry* entry = speaks_for(*rules.peer, row.identity->origin, situation) ? listed_as(rules, row) : nullptr;
    if (!entry) continue;
    const bool withdrawn = entry->state() == ImageState::withdrawn;
    if (withdrawn) draft.unsettled.insert(rules.peer->id());  // it must be heard in each run
    const auto rank = [](const PeerRules& peer, const ImageEntry& said) {
      return std::pair(said.state() != ImageState::withdrawn, peer.peer->name());
    };
    if (word && rank(*speaker, *word) < rank(rules, *entry)) continue;
    speaker = &rules;
    word = entry;
  }
  Revision revision{.row = row};
  const PeerCase* const retired = situation.peer(row.identity->origin);
  const CopyEntry* const own = retired != nullptr ? retired->copy_entry(row.identity->name) : nullptr;
  if (own != nullptr) revise_by_entry(revision, *own);
  const bool all_heard = std::none_of(situation.peers.begin(), situation.peers.end(), [&](const PeerCase& peer) {
    return peer.sight == Sight::unknown && speaks_for(peer, row.identity->origin, situation);
  });
  const bool stays = word != nullptr && row.withdrawn_by_origin && word->state() != ImageState::withdrawn &&
                     speaker->peer->entry->replaces != row.identity->origin;
  if (stays && all_heard) keep_withdrawn(row, *speaker->peer, word->state(), situation, draft);
  if (!stays && word != nullptr && (word->state() == ImageState::withdrawn || all_heard)) {
    revise_withdrawal(revision, *word);
    return add_revision(std::move(revision), *speaker->peer, nullptr, draft);
  }
  if (own != nullptr) add_revision(std::move(revision), *retired, nullptr, draft);
}

/// Others may say what they want of the same bits: it is worth a note, and changes nothing.
void note_withdrawn_elsewhere(const Desired& desired, const Situation& situation, Draft& draft) {
  for (const auto& rules : desired.rules) {
    for (const auto place : rules.index.own()) {
      const ImageEntry& entry = rules.index.catalog().images[place];
      if (entry.state() != ImageState::withdrawn) continue;
      const state::ImageRow* row = situation.live(entry.identity.name);
      if (!row || row->digest != entry.digest || row->state == ImageState::withdrawn || row->withdrawn_by_origin) continue;
      if (row->copy &&
          (!row->identity || row->identity->origin == rules.peer->id() ||
           (is_silent(row->identity->origin, situation) && speaks_for(*rules.peer, row->identity->origin, situation))))
        continue;
      draft.notes.push_back(
          {.code = Code::withdrawn_elsewhere,
           .address = copy_address(rules.peer->name(), entry.identity.name).text,
           .text = fmt::format("peer \"{}\" withdrew an image of the same name and bytes{}{}; \"{}\" stays as it is here",
                               rules.peer->name().text(), entry.reason.empty() ? "" : ": ", entry.reason, row->name.text())});
    }
  }
}

}  // namespace

void follow_withdrawals_elsewhere(const Desired& desired, const Situation& situation, Draft& draft) {
  for (const auto& row : situation.snapshot.images) {
    if (row.copy && !row.deleted && row.identity && is_silent(row.identity->origin, situation))
      follow_in_place_of_origin(desired, row, situation, draft);
  }
  note_withdrawn_elsewhere(desired, situation, draft);
}

void merge_known_copies(const Desired& desired, const Situation& situation, Draft& draft) {
  for (const auto& copy : desired.known) {
    const PeerCase& peer = *copy.rules->peer;
    const CopyEntry* own = peer.copy_entry(copy.row->identity->name);
    if (own && own->keep == false)
      remove_by_entry(*copy.row, peer, *own, situation, draft);
    else
      prune(copy, situation, draft);
    if (!needs_look(copy, own)) continue;
    const SubscriptionEntry* rule = copy.governs ? copy.rules->terms_of(*copy.governs).rule : nullptr;
    add_revision(revise(copy, own), peer, rule, draft);
  }
  merge_copies_of_unread_peers(situation, draft);
}

}  // namespace ingot::plan
