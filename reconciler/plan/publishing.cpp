// Whether a run publishes, and why (R23): only if what peers would read changes.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reconciler/plan/passes.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot {

namespace {

/// Whether the published catalog names the bytes of this one.
bool is_served(const DamagedImage& image, const Situation& situation) {
  const auto row = situation.row_by_key.find(image.key);
  if (image.left_out || row == situation.row_by_key.end() || row->second->deleted || row->second->is_private) return false;
  return !row->second->copy || situation.manifest.server.publish_copies;
}

/// Bytes that are here again before this plan publishes.
std::set<Digest> taken_in_again(const Draft& draft) {
  std::set<Digest> digests;
  for (const auto& one : draft.changes) {
    if (const auto* again = std::get_if<TakeInAgain>(&one.change.action)) digests.insert(again->digest);
  }
  return digests;
}

}  // namespace

void plan_publish(const Situation& situation, Draft& draft) {
  for (const DamagedImage* image : situation.damaged) {
    if (is_served(*image, situation)) draft.served_damaged.insert(image->digest);
  }
  const std::set<Digest> soon = draft.served_damaged.empty() ? std::set<Digest>{} : taken_in_again(draft);
  const bool names_damaged = !std::includes(soon.begin(), soon.end(), draft.served_damaged.begin(), draft.served_damaged.end());
  std::uint64_t changes = 0;
  for (const auto& one : draft.changes) changes += one.publishes && !one.change.deferred ? 1U : 0U;
  std::string why;
  if (changes > 0) why = fmt::format("{} of this plan {} what peers read", counted(changes, "change"), changes == 1 ? "changes" : "change");
  else if (!situation.observed.publish_again.empty()) why = situation.observed.publish_again;
  else if (names_damaged) why = "the published catalog names bytes that are damaged or gone";
  else if (situation.snapshot.content_pending) why = "what is published is not what the state says";
  if (why.empty()) return;
  draft.add({.change = change_of(catalog_address(), Publish{}, {{.code = "changed", .rule = catalog_address().text, .at = std::nullopt, .text = std::move(why)}}),
             .phase = Phase::publish});
}

}  // namespace ingot
