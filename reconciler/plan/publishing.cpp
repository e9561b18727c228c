// Whether a run publishes, and why (R23): only if what peers would read changes.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reconciler/plan/merge/merge.hpp"
#include "reconciler/plan/passes.hpp"
#include "reconciler/plan/texts.hpp"
#include "schema/overloaded.hpp"

namespace ingot::plan {

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

const state::SeriesRow* series_here(const SeriesName& name, const Situation& situation) {
  const auto& all = situation.snapshot.series;
  const auto found = std::find_if(all.begin(), all.end(), [&](const state::SeriesRow& row) { return row.name == name; });
  return found == all.end() ? nullptr : &*found;
}

bool drops_listed_delta(const Situation& situation, const Draft& draft) {
  return std::any_of(draft.unwanted_deltas.begin(), draft.unwanted_deltas.end(), [&](const UnwantedDelta& one) {
    const auto& rows = situation.snapshot.deltas;
    return std::any_of(rows.begin(), rows.end(),
                       [&](const state::DeltaRow& row) { return row.image == one.image && row.base == one.base && row.file; });
  });
}

/// Whether a change shows in what `publish_state` publishes, if it shows in the catalog or not.
bool shows_in_state(const DraftChange& one, const Situation& situation) {
  return one.publishes ||
         std::visit(
             Overloaded{[](const CreateType&) { return false; },  // it shows with the first public image
                        [&](const UpdateType& type) {
                          return has_public_images(*situation.type_by_name.at(type.name.folded()), situation);
                        },
                        [](const DeleteType&) { return false; }, [](const AddImage&) { return false; },
                        [](const UpdateImage& image) { return !image.row.is_private; }, [](const DeleteImage&) { return false; },
                        [](const CreateSeries& series) { return series.follow.has_value(); },
                        [&](const UpdateSeries& series) {
                          const state::SeriesRow* row = series_here(series.name, situation);
                          return row == nullptr || !row->managed || row->follow != series.follow;
                        },
                        [&](const DeleteSeries& series) {
                          const state::SeriesRow* row = series_here(series.name, situation);
                          return row == nullptr || row->members.empty() || row->follow;
                        },
                        [](const Publish&) { return false; }, [](const UploadTree&) { return false; },
                        [](const MakeDelta&) { return false; }, [](const FetchAgain&) { return false; },
                        [](const TakeInAgain&) { return false; }, [](const auto&) { return true; }},
             one.change.action);
}

}  // namespace

void plan_publish(const Situation& situation, Draft& draft) {
  for (const DamagedImage* image : situation.damaged) {
    if (is_served(*image, situation)) draft.served_damaged.insert(image->digest);
  }
  const std::set<Digest> soon = draft.served_damaged.empty() ? std::set<Digest>{} : taken_in_again(draft);
  const bool names_damaged = !std::includes(soon.begin(), soon.end(), draft.served_damaged.begin(), draft.served_damaged.end());
  std::uint64_t changes = 0;
  const bool stated = situation.manifest.server.publish_state;
  for (const auto& one : draft.changes) {
    const bool shows = stated ? shows_in_state(one, situation) : one.publishes;
    changes += shows && !one.change.deferred ? 1U : 0U;
  }
  std::string why;
  if (changes > 0)
    why = fmt::format("{} of this plan {} what peers read", counted(changes, "change"), changes == 1 ? "changes" : "change");
  else if (stated && !draft.wantedness.empty())
    why = "since when no rule wants a copy is published with the state, and changes";
  else if (drops_listed_delta(situation, draft))
    why = "the published catalog lists deltas that are no longer wanted";
  else if (!situation.observed.publish_again.empty())
    why = situation.observed.publish_again;
  else if (names_damaged)
    why = "the published catalog lists images whose bytes are damaged or missing";
  else if (situation.snapshot.content_pending)
    why = "the published catalog is not what the state says";
  if (why.empty()) return;
  draft.add(
      {.change = change_of(catalog_address(), Publish{},
                           {{.code = Code::changed, .rule = catalog_address().text, .at = std::nullopt, .text = std::move(why)}}),
       .phase = Phase::publish});
}

}  // namespace ingot::plan
