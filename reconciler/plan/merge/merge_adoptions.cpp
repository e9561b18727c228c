// [[copy]] adopt = true: a copy becomes an image of this server's own, for origins that are gone. It keeps its name, bits,
// papers and place in series; its identity is new. Dropping the entry deletes nothing: the image is then unmanaged.
#include <fmt/format.h>

#include "reconciler/plan/merge/merge.hpp"

namespace ingot::plan {

namespace {

/// The copy that is here; of a peer that the manifest does not have, by the name that it had when the copy came.
const state::ImageRow* copy_here(const CopyEntry& entry, const PeerCase* peer, const Situation& situation) {
  for (const auto& row : situation.snapshot.images) {
    if (row.deleted || !row.copy || !row.identity || row.identity->name != entry.name) continue;
    if (peer ? row.identity->origin == peer->id() : row.copied_from == entry.peer) return &row;
  }
  return nullptr;
}

/// What an own image takes from its entry. A withdrawal stays.
void describe(state::ImageRow& row, const CopyEntry& entry) {
  if (entry.protect) row.protect = *entry.protect;
  if (entry.state && row.state != ImageState::withdrawn) row.state = *entry.state;
}

/// [[image]] and [[copy]] name it: the [[image]] says what describes it.
void describe(state::ImageRow& row, const LocalImage& image) {
  row.managed = true;
  row.version = image.version;
  row.platform = image.platform;
  row.description = image.description;
  row.labels = image.labels;
  row.protect = image.protect;
  if (row.state != ImageState::withdrawn) row.state = image.state, row.reason = image.reason;
}

/// What else this plan would do to the copy is not done; whether its origin withdrew it meanwhile still counts.
void take_changes_out(state::ImageRow& row, Draft& draft) {
  const auto row_in = [](const DraftChange& one) -> const state::ImageRow* {
    const auto* withdraw = std::get_if<WithdrawCopy>(&one.change.action);
    const auto* update = std::get_if<UpdateCopy>(&one.change.action);
    return withdraw ? &withdraw->row : update ? &update->row : nullptr;
  };
  const auto concerns = [&](const DraftChange& one) {
    const state::ImageRow* changed = row_in(one);
    return one.removes == row.key || (changed && changed->key == row.key);
  };
  for (const auto& one : draft.changes) {
    const state::ImageRow* changed = row_in(one);
    if (!changed || changed->key != row.key) continue;
    row.withdrawn_by_origin = changed->withdrawn_by_origin;
    row.reason = changed->reason;
  }
  draft.erase(concerns);
}

void adopt(const CopyEntry& entry, const state::ImageRow& copy, const Situation& situation, Draft& draft) {
  state::ImageRow row = copy;
  take_changes_out(row, draft);
  if (row.withdrawn_by_origin) row.state = ImageState::withdrawn;
  row.copy = false;
  row.identity = std::nullopt;
  row.origin_name = situation.manifest.server.name;
  row.copied_from = std::nullopt;
  row.withdrawn_by_origin = false;
  row.unwanted_since = std::nullopt;
  row.rule = copy_address(entry.peer, entry.name).text;
  describe(row, entry);
  if (const LocalImage* local = situation.local(row.name); local && local->name == row.name) describe(row, *local);
  const Address address = image_address(row.name);
  const std::string rule = row.rule;
  draft.add(
      {.change = change_of(address, AdoptCopy{.peer = entry.peer, .identity = *copy.identity, .row = std::move(row)},
                           {{.code = Code::adopted,
                             .rule = rule,
                             .at = entry.at,
                             .text = fmt::format("its [[copy]] says `adopt = true`: the copy from peer \"{}\" becomes an image "
                                                 "of this server",
                                                 entry.peer.text())}}),
       .phase = Phase::images,
       .publishes = true});
}

/// One that was taken over earlier goes on being described by its entry, unless an [[image]] names it.
void update(const CopyEntry& entry, const state::ImageRow& here, const Situation& situation, Draft& draft) {
  if (situation.local(here.name)) return;
  state::ImageRow row = here;
  describe(row, entry);
  std::vector<std::string> changes;
  if (row.protect != here.protect) changes.push_back(fmt::format("protect: {} → {}", here.protect, row.protect));
  const bool published = row.state != here.state;
  if (published) changes.push_back(fmt::format("state: {} → {}", text_of(here.state), text_of(row.state)));
  if (changes.empty()) return;
  const std::string text = fmt::format("{}", fmt::join(changes, ", "));
  draft.add({.change = change_of(image_address(row.name), UpdateImage{.row = row, .changes = changes},
                                 {{.code = Code::changed, .rule = here.rule, .at = entry.at, .text = text}}),
             .phase = Phase::images,
             .publishes = published});
}

/// A peer that was read tells of unknown images itself, and a copy may still come from it.
void block_nothing_here(const CopyEntry& entry, const PeerCase* peer, Draft& draft) {
  const Address address = copy_address(entry.peer, entry.name);
  if (peer && peer->sight != Sight::retired) {
    draft.notes.push_back({Code::waiting, address.text, "it is adopted once the copy is here"});
    return;
  }
  draft.blocked.push_back(
      {.address = address,
       .verb = Verb::add,
       .code = Code::unknown_image,
       .text = fmt::format("this [[copy]] does nothing: no copy of image \"{}\" from peer \"{}\" is here", entry.name.text(),
                           entry.peer.text()),
       .mend = "correct `peer` and `name` (\"ingot query images\" shows where copies came from), or remove the entry",
       .at = entry.at});
}

}  // namespace

const state::ImageRow* taken_over_by(const CopyEntry& entry, const Situation& situation) {
  const auto found = situation.taken_over.find(copy_address(entry.peer, entry.name).text);
  return found == situation.taken_over.end() ? nullptr : found->second;
}

void merge_adoptions(const Situation& situation, Draft& draft) {
  for (const auto& entry : situation.manifest.copies) {
    if (!entry.adopt) continue;
    const PeerCase* peer = situation.peer(entry.peer);
    if (const state::ImageRow* here = taken_over_by(entry, situation)) {
      update(entry, *here, situation, draft);
    } else if (const state::ImageRow* copy = copy_here(entry, peer, situation)) {
      if (peer && peer->head)
        draft.notes.push_back({Code::origin_answers, copy_address(entry.peer, entry.name).text,
                               fmt::format("peer \"{}\" still answers: later changes of this image there, also a withdrawal, do "
                                           "not reach the adopted image",
                                           entry.peer.text())});
      adopt(entry, *copy, situation, draft);
    } else {
      block_nothing_here(entry, peer, draft);
    }
  }
}

}  // namespace ingot::plan
