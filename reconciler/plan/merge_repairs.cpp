// Bytes of images here that are damaged or gone: had again from the image's source or from a peer; else told.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "reconciler/plan/damaged.hpp"
#include "reconciler/plan/merge.hpp"

namespace ingot {

namespace {

using DamagedOnes = std::vector<const DamagedImage*>;  // of one digest

std::map<Digest, DamagedOnes> by_digest(const Situation& situation) {
  std::map<Digest, DamagedOnes> groups;
  for (const auto& image : situation.observed.damaged) groups[image.digest].push_back(&image);
  return groups;
}

/// A peer's image with bytes that are damaged here. Also a copy that the peer holds and serves will do: the digest is the image.
struct Offer {
  const PeerCase* peer;
  const ImageEntry* entry;
};
using Offers = std::unordered_map<Digest, std::vector<Offer>>;

Offers find_offers(const std::map<Digest, DamagedOnes>& groups, const Situation& situation) {
  Offers offers;
  if (groups.empty()) return offers;
  for (const auto& peer : situation.peers) {
    if (peer.sight != Sight::read || !peer.catalog) continue;
    for (const auto& entry : peer.catalog->images) {
      if (entry.packed && groups.contains(entry.digest)) offers[entry.digest].push_back({.peer = &peer, .entry = &entry});
    }
  }
  return offers;
}

/// The row, unless this plan ends it anyway.
const ImageRow* row_to_repair(const DamagedImage& image, const Situation& situation, const Draft& draft) {
  const auto found = situation.row_by_key.find(image.key);
  if (found == situation.row_by_key.end() || found->second->deleted) return nullptr;
  const ImageRow& row = *found->second;
  if (!row.copy) return row.managed && !situation.local(row.name) ? nullptr : &row;
  const DraftChange* change = draft.doing(image.address);
  return change && change->removes != 0 ? nullptr : &row;
}

/// The entry whose source is what it was when the image was added, so that it gives the same bits; nullptr: there is none.
const LocalImage* whose_source_serves(const ImageRow& row, const Situation& situation) {
  const LocalImage* image = row.copy ? nullptr : situation.local(row.name);
  if (!image || !image->source || (image->digest && *image->digest != row.digest)) return nullptr;
  const auto seen = situation.observed.sources.find(image->name);
  const auto* stamp = seen == situation.observed.sources.end() ? nullptr : std::get_if<SourceStamp>(&seen->second);
  return stamp && (row.source_stamp.empty() || stamp->stamp == row.source_stamp) ? image : nullptr;
}

/// The offer of the copy's own origin, or the first of the manifest's order.
const Offer* best_offer(const ImageRow& row, const Offers& offers) {
  const auto found = offers.find(row.digest);
  if (found == offers.end()) return nullptr;
  const auto own = std::find_if(found->second.begin(), found->second.end(), [&](const Offer& one) { return row.identity && row.identity == one.entry->identity && one.peer->id() == row.identity->origin; });
  return own != found->second.end() ? &*own : &found->second.front();
}

void add(Action action, Phase phase, const DamagedImage& image, const ImageRow& row, const LocalImage* local, Draft& draft) {
  Change change = change_of(image.address, std::move(action),
                            {{.code = "damaged", .rule = row.copy ? row.rule : image.address.text, .at = local ? std::optional(local->at) : std::nullopt, .text = what_is_damaged(image)}});
  change.size = row.size;
  draft.add({.change = std::move(change), .phase = phase, .newest = row.identity ? row.identity->created : 0, .publishes = image.left_out});
}

/// Its own source is nearer than any peer.
bool repair_by_source(const DamagedOnes& images, const Situation& situation, Draft& draft) {
  for (const DamagedImage* image : images) {
    const ImageRow* row = row_to_repair(*image, situation, draft);
    const LocalImage* local = row ? whose_source_serves(*row, situation) : nullptr;
    if (!local) continue;
    add(TakeInAgain{.image = *local, .digest = row->digest}, Phase::images, *image, *row, local, draft);
    return true;
  }
  return false;
}

void repair_by_peer(const DamagedOnes& images, const Offers& offers, const Situation& situation, Draft& draft) {
  for (const DamagedImage* image : images) {
    const ImageRow* row = row_to_repair(*image, situation, draft);
    const Offer* offer = row ? best_offer(*row, offers) : nullptr;
    if (!offer) continue;
    const PeerCase& peer = *offer->peer;
    add(FetchAgain{.peer = peer.name(), .head = std::make_shared<const SeenHead>(*peer.head), .entry = {peer.catalog, offer->entry}, .name = row->name, .transfer = {}},
        Phase::copies, *image, *row, row->copy ? nullptr : situation.local(row->name), draft);
    return;
  }
}

const Digest* repaired(const Action& action) {
  if (const auto* again = std::get_if<FetchAgain>(&action)) return &again->entry->digest;
  const auto* again = std::get_if<TakeInAgain>(&action);
  return again ? &again->digest : nullptr;
}

}  // namespace

void merge_repairs(const Situation& situation, Draft& draft) {
  const auto groups = by_digest(situation);
  const Offers offers = find_offers(groups, situation);
  for (const auto& [digest, images] : groups) {
    if (!repair_by_source(images, situation, draft)) repair_by_peer(images, offers, situation, draft);
  }
}

void block_damaged(const Situation& situation, Draft& draft) {
  if (situation.observed.damaged.empty()) return;
  std::set<Digest> coming;
  for (const auto& one : draft.changes) {
    if (const Digest* digest = repaired(one.change.action)) coming.insert(*digest);
  }
  std::set<Address> waiting;
  for (const auto& one : draft.blocked) {
    if (one.verb == Verb::repair) waiting.insert(one.address);
  }
  for (const auto& image : situation.observed.damaged) {
    const DraftChange* change = draft.doing(image.address);
    const bool leaves = change && change->removes != 0;
    if (leaves || coming.contains(image.digest) || waiting.contains(image.address)) continue;
    draft.blocked.push_back({.address = image.address, .verb = Verb::repair, .code = "damaged", .text = what_is_damaged(image), .mend = how_to_mend(image), .at = std::nullopt});
  }
}

}  // namespace ingot
