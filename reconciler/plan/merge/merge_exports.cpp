// Exports (R29): the newest images of each that are here and not withdrawn lie in its folder, its link points to the newest, and
// what is not wanted there goes. Nothing is touched that the state does not remember as an export.
#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/merge/add_unexport.hpp"
#include "reconciler/plan/merge/exporting.hpp"
#include "reconciler/plan/merge/merge.hpp"

namespace ingot::plan {

namespace {

/// What became of an export that the manifest no longer has in this folder.
struct DroppedExport {
  std::string moved_to = {};                           ///< the export goes to this folder now; "": the manifest dropped it
  ExportProgress progress = ExportProgress::complete;  ///< in that folder
  const ExportEntry* renamed = nullptr;                ///< another export goes to this folder
};

Reason reason_of_drop(const ExportPlace& place, bool moved) {
  return {.code = Code::dropped,
          .rule = export_address(place.name).text,
          .at = std::nullopt,
          .text = moved ? fmt::format("the export no longer goes to {}", place.folder)
                        : std::string("the manifest no longer names the export")};
}

/// First the link goes, then the images.
void remove_export(const ExportPlace& place, const Reason& because, Draft& draft) {
  std::set<std::string> links;
  if (place.link) {
    if (!place.link->link.empty()) links.insert(place.link->link);
    const bool ours = !place.link->link.empty() && place.target_of(place.link->link).has_value();
    Change change = change_of(
        export_address(place.name),
        SwitchLink{.name = place.name, .folder = place.folder, .old_link = ours ? place.link->link : std::string()}, {because});
    draft.add({.change = std::move(change), .phase = Phase::switches, .unexports = Unexporting::dropped});
  }
  for (const auto& [image, row] : place.rows)
    add_unexport(*row, {.place = place, .because = because, .why = Unexporting::dropped, .changes = row->changes, .links = links},
                 draft);
}

/// The export has another folder now, and is not whole there. Its changes here would have the addresses of those there, so they
/// are left to a later run.
void keep_until_moved(const ExportPlace& place, const DroppedExport& dropped, const Reason& because, Draft& draft) {
  const Address address = export_address(place.name);
  if (dropped.progress != ExportProgress::waiting)
    return draft.notes.push_back({Code::deferred, address.text,
                                  fmt::format("{}: what is in {} goes by a later run, once all that the export wants is in {}",
                                              because.text, place.folder, dropped.moved_to)});
  draft.held.push_back({.address = address,
                        .verb = Verb::unexport,
                        .code = Code::waiting,
                        .text = fmt::format("{}; but not all that it wants is whole in {}, and nothing of this plan completes "
                                            "it: what is in {} stays",
                                            because.text, dropped.moved_to, place.folder),
                        .mend = fmt::format("see what the notes say of the export; or set `to` to {} again", place.folder),
                        .because = {because}});
}

void merge_dropped_export(const ExportPlace& place, const DroppedExport& dropped, Draft& draft) {
  const Address address = export_address(place.name);
  const bool moved = !dropped.moved_to.empty();
  const Reason because = reason_of_drop(place, moved);
  if (dropped.renamed) {
    draft.held.push_back(
        {.address = address,
         .verb = Verb::unexport,
         .code = Code::in_the_way,
         .text = fmt::format("export \"{}\" goes to its folder, \"{}\": another export's images are not taken over",
                             dropped.renamed->name.text(), place.folder),
         .mend = "give the new export a folder of its own, or drop the old one first, and add the new one after that",
         .stops_images = !moved});
  } else if (place.view->refusal) {
    const ExportRefusal& refusal = *place.view->refusal;
    draft.blocked.push_back({.address = address,
                             .verb = Verb::unexport,
                             .code = refusal.code,
                             .text = refusal.text,
                             .mend = refusal.mend,
                             .at = std::nullopt,
                             .stops_images = !moved});
  } else if (moved && dropped.progress != ExportProgress::complete) {
    keep_until_moved(place, dropped, because, draft);
  } else {
    remove_export(place, because, draft);
    block_unwritable(place, std::nullopt, draft);
  }
}

/// Another export holds the folder; nullptr: none.
const ExportPlace* former_in(const ExportPlace& place, const ExportPlaces& places) {
  const auto former = std::find_if(places.begin(), places.end(), [&](const auto& one) {
    const ExportPlace& there = one.second;
    return there.folder == place.folder && there.name != place.name && (there.link || !there.rows.empty());
  });
  return former == places.end() ? nullptr : &former->second;
}

void block_by_former(const ExportEntry& entry, const ExportPlace& former, Draft& draft) {
  draft.blocked.push_back({.address = export_address(entry.name),
                           .verb = Verb::export_,
                           .code = Code::in_the_way,
                           .text = fmt::format("\"{}\" holds the images of export \"{}\"", former.folder, former.name.text()),
                           .mend = "name another folder, or drop that export first, and add this one after that",
                           .at = entry.at,
                           .stops_images = true});
}

}  // namespace

void merge_exports(const Desired& desired, const Situation& situation, Draft& draft) {
  if (situation.manifest.exports.empty() && situation.snapshot.exports.empty() && situation.snapshot.exported.empty()) return;
  if (situation.observed.elsewhere) {
    draft.notes.push_back({Code::not_asked, "", "exports are planned by the server alone: they are not in this plan"});
    return;
  }
  const ExportPlaces places = export_places(situation);
  const ExportMembers members(situation, draft);
  Arrivals arrivals(desired, situation, draft);
  std::map<ExportName, ExportProgress> progress;
  for (const ExportEntry& entry : situation.manifest.exports) {
    const auto folder = situation.observed.export_folders.find(entry.name);
    if (folder == situation.observed.export_folders.end()) continue;
    const ExportPlace& place = places.at(*folder);
    if (const ExportPlace* former = former_in(place, places)) {
      block_by_former(entry, *former, draft);
      progress.emplace(entry.name, ExportProgress::told);
    } else {
      progress.emplace(entry.name, Exporting(entry, place, members, arrivals, situation, draft).merge());
    }
  }
  for (const auto& [key, place] : places) {
    const auto& [name, folder] = key;
    DroppedExport dropped;
    if (const auto now = situation.observed.export_folders.find(name); now != situation.observed.export_folders.end()) {
      if (now->second == folder) continue;
      dropped.moved_to = now->second;
      dropped.progress = progress.at(name);
    }
    for (const ExportEntry& entry : situation.manifest.exports) {
      const auto to = situation.observed.export_folders.find(entry.name);
      if (entry.name != name && to != situation.observed.export_folders.end() && to->second == folder) dropped.renamed = &entry;
    }
    merge_dropped_export(place, dropped, draft);
  }
}

}  // namespace ingot::plan
