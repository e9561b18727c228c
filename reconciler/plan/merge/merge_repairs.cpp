// Damaged or lost bytes of images here: restored from the source of the image or from peers, else reported.
#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "reconciler/plan/damaged.hpp"
#include "reconciler/plan/merge/merge.hpp"

namespace ingot::plan {

namespace {

using DamagedOnes = std::vector<const DamagedImage*>;  // of one digest

/// One that this plan may remove comes after those that stay.
std::map<Digest, DamagedOnes> by_digest(const Situation& situation, const Draft& draft) {
  const auto may_leave = [&](const DamagedImage* image) {
    const DraftChange* change = draft.doing(image->address);
    const auto row = situation.row_by_key.find(image->key);
    const bool dropped =
        row != situation.row_by_key.end() && !row->second->copy && row->second->managed && !situation.local(image->name);
    return dropped || (change && change->removes != 0);
  };
  std::map<Digest, DamagedOnes> groups;
  for (const DamagedImage* image : situation.damaged) groups[image->digest].push_back(image);
  for (auto& [digest, images] : groups)
    std::stable_partition(images.begin(), images.end(), [&](const DamagedImage* image) { return !may_leave(image); });
  return groups;
}

using Offers = std::unordered_map<Digest, std::vector<Offer>>;

/// In the manifest's order, one a peer: what one server has of the same bits is one file.
Offers find_offers(const std::map<Digest, DamagedOnes>& groups, const Situation& situation) {
  Offers offers;
  if (groups.empty()) return offers;
  for (const auto& peer : situation.peers) {
    if (peer.sight != Sight::read || !peer.catalog) continue;
    const auto head = std::make_shared<const SeenHead>(*peer.head);
    for (const auto& entry : peer.catalog->images) {
      if (!entry.packed || !groups.contains(entry.digest)) continue;
      auto& known = offers[entry.digest];
      if (known.empty() || known.back().peer != peer.name())
        known.push_back({.peer = peer.name(), .head = head, .entry = {peer.catalog, &entry}});
    }
  }
  return offers;
}

const state::ImageRow* row_of(const DamagedImage& image, const Situation& situation) {
  const auto found = situation.row_by_key.find(image.key);
  return found == situation.row_by_key.end() || found->second->deleted ? nullptr : found->second;
}

/// Of a source that nothing is known of, or that was touched since, only trying can tell whether it gives the same bits.
enum class SourceTrust { as_it_was, untried, touched };

/// The entry whose source may give the same bits; nullptr: there is none.
const LocalImage* whose_source_serves(const state::ImageRow& row, SourceTrust trust, const Situation& situation) {
  const LocalImage* image = row.copy ? nullptr : situation.local(row.name);
  if (!image || !image->source || (image->digest && *image->digest != row.digest)) return nullptr;
  const auto seen = situation.observed.sources.find(image->name);
  const auto* stamp = seen == situation.observed.sources.end() ? nullptr : std::get_if<SourceStamp>(&seen->second);
  if (!stamp || stamp->stamp.empty()) return nullptr;
  const bool serves = trust == SourceTrust::as_it_was ? stamp->stamp == row.source_stamp
                                                      : trust == SourceTrust::touched || row.source_stamp.empty();
  return serves ? image : nullptr;
}

/// Those that can be true, for the same bits have one size and kind; that of a copy's own origin first.
std::vector<Offer> offers_for(const state::ImageRow& row, const Offers& all) {
  const auto found = all.find(row.digest);
  if (found == all.end()) return {};
  std::vector<Offer> offers = found->second;
  std::erase_if(offers, [&](const Offer& one) { return one.entry->size != row.size || one.entry->kind != row.kind; });
  std::stable_partition(offers.begin(), offers.end(),
                        [&](const Offer& one) { return row.identity && one.head->id == row.identity->origin; });
  return offers;
}

/// Before new copies: what was here once is to be here.
void add(Action action, Phase phase, const DamagedImage& image, const state::ImageRow& row, const LocalImage* local,
         Draft& draft) {
  Change change = change_of(image.address, std::move(action),
                            {{.code = Code::damaged,
                              .rule = row.copy ? row.rule : image.address.text,
                              .at = local ? std::optional(local->at) : std::nullopt,
                              .text = what_is_damaged(image)}});
  change.size = row.size;
  draft.add({.change = std::move(change),
             .phase = phase,
             .priority = std::numeric_limits<std::int64_t>::max(),
             .newest = row.identity ? row.identity->created : 0,
             .publishes = image.left_out});
}

bool repair_by_source(const DamagedOnes& images, SourceTrust trust, const Situation& situation, Draft& draft) {
  for (const DamagedImage* image : images) {
    const state::ImageRow* row = row_of(*image, situation);
    const LocalImage* local = row ? whose_source_serves(*row, trust, situation) : nullptr;
    if (!local) continue;
    add(TakeInAgain{.image = *local, .digest = row->digest}, Phase::images, *image, *row, local, draft);
    return true;
  }
  return false;
}

bool repair_by_peers(const DamagedOnes& images, const Offers& all, const Situation& situation, Draft& draft) {
  for (const DamagedImage* image : images) {
    const state::ImageRow* row = row_of(*image, situation);
    std::vector<Offer> offers = row ? offers_for(*row, all) : std::vector<Offer>{};
    if (offers.empty()) continue;
    add(FetchAgain{.offers = std::move(offers), .name = row->name, .transfer = {}}, Phase::copies, *image, *row,
        row->copy ? nullptr : situation.local(row->name), draft);
    return true;
  }
  return false;
}

const Digest* repaired(const Action& action) {
  if (const auto* again = std::get_if<FetchAgain>(&action)) return &again->offers.front().entry->digest;
  const auto* again = std::get_if<TakeInAgain>(&action);
  return again ? &again->digest : nullptr;
}

void block(const DamagedImage& image, const Change* deferred, Draft& draft) {
  std::string text = what_is_damaged(image);
  if (deferred) text += "; its repair is deferred: " + deferred->deferred_why;
  draft.blocked.push_back(
      {.address = image.address,
       .verb = Verb::repair,
       .code = Code::damaged,
       .text = std::move(text),
       .mend = deferred ? "run \"ingot apply\" again when there is space, or raise the limit" : how_to_mend(image),
       .at = std::nullopt});
}

}  // namespace

/// Its own source, as it was, is nearer than any peer. One that was touched is read in vain by each run, if it gives other bits:
/// so only when a human asks.
void merge_repairs(const Situation& situation, RepairsBy by, Draft& draft) {
  const auto groups = by_digest(situation, draft);
  const Offers offers = find_offers(groups, situation);
  for (const auto& [digest, images] : groups) {
    repair_by_source(images, SourceTrust::as_it_was, situation, draft) || repair_by_peers(images, offers, situation, draft) ||
        repair_by_source(images, by == RepairsBy::request ? SourceTrust::touched : SourceTrust::untried, situation, draft);
  }
}

void block_damaged(const Situation& situation, Draft& draft) {
  if (situation.damaged.empty()) return;
  std::map<Digest, const Change*> repairs;
  for (const auto& one : draft.changes) {
    if (const Digest* digest = repaired(one.change.action)) repairs.emplace(*digest, &one.change);
  }
  std::set<Address> waiting;
  for (const auto& one : draft.blocked) {
    if (one.verb == Verb::repair) waiting.insert(one.address);
  }
  for (const DamagedImage* image : situation.damaged) {
    const DraftChange* change = draft.doing(image->address);
    const bool leaves = change && change->removes != 0;
    if (leaves || waiting.contains(image->address)) continue;
    const auto repair = repairs.find(image->digest);
    if (repair == repairs.end())
      block(*image, nullptr, draft);
    else if (repair->second->deferred)
      block(*image, repair->second, draft);
  }
}

}  // namespace ingot::plan
