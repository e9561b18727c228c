// What is published is kept in stores as well: what each holds against what is published, and what this plan publishes.
#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/merge/merge.hpp"

namespace ingot::plan {

namespace {

using StoreSight = UploadView::Sight;

/// Why something is to be put there; "": nothing is.
std::string why_upload(const UploadView& view, const state::UploadRow* row, const Situation& situation, const Draft& draft) {
  const Serial published = situation.snapshot.published_serial;
  if (draft.doing(catalog_address())) return "this plan changes what is published";
  if (!row || row->serial == 0)
    return view.sight == StoreSight::other
               ? fmt::format("the state does not know what is there, where serial {} is the newest", view.serial)
               : "nothing was uploaded there yet";
  if (view.sight == StoreSight::nothing) return fmt::format("serial {} was uploaded there, but its head is gone", row->serial);
  if (view.sight == StoreSight::other)
    return fmt::format("serial {} was uploaded there, but the head there has serial {}", row->serial, view.serial);
  if (row->serial != published) return fmt::format("serial {} is published, serial {} is there", published, row->serial);
  if (row->unfinished > 0) return "not all of it is known to be there";
  return "";
}

}  // namespace

void merge_uploads(const Situation& situation, Draft& draft) {
  if (situation.manifest.uploads.empty()) return;
  if (situation.observed.elsewhere) {
    draft.notes.push_back({Code::not_asked, "", "uploads are planned by the server alone: they are not in this plan"});
    return;
  }
  for (const UploadEntry& entry : situation.manifest.uploads) {
    const auto seen = situation.observed.uploads.find(entry.name);
    if (seen == situation.observed.uploads.end()) continue;
    const UploadView& view = seen->second;
    const Address address = upload_address(entry.name);
    if (view.sight == StoreSight::refused) {
      draft.blocked.push_back(
          {.address = address, .verb = Verb::upload, .code = view.code, .text = view.why, .mend = view.mend, .at = entry.at});
      continue;
    }
    const auto& rows = situation.snapshot.uploads;
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const state::UploadRow& one) { return one.place == place_of(entry); });
    std::string why = why_upload(view, row == rows.end() ? nullptr : &*row, situation, draft);
    if (why.empty()) continue;
    Change change = change_of(address, UploadTree{.upload = entry},
                              {{.code = Code::changed, .rule = address.text, .at = entry.at, .text = std::move(why)}});
    draft.wait_for(change, catalog_address());
    draft.add({.change = std::move(change), .phase = Phase::uploads});
  }
}

}  // namespace ingot::plan
