#include "reconciler/plan/merge/export_place.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ingot::plan {

const ExportedView* ExportPlace::seen(const ImageName& image) const {
  const auto found = view->exported.find(image);
  return found == view->exported.end() ? nullptr : &found->second;
}

bool ExportPlace::is_there(const ImageName& image) const {
  const ExportedView* one = rows.contains(image) ? seen(image) : nullptr;
  return one && one->sight != ExportSight::gone && one->sight != ExportSight::left_over;
}

bool ExportPlace::is_whole(const ImageName& image) const { return is_there(image) && seen(image)->sight == ExportSight::whole; }

bool ExportPlace::is_changed(const ImageName& image) const {
  return is_there(image) && seen(image)->sight == ExportSight::changed;
}

const LinkSight* ExportPlace::link_named(const std::string& text) const {
  const auto found = view->links.find(text);
  return found == view->links.end() ? nullptr : &found->second;
}

bool ExportPlace::made(const LinkSight& sight) const {
  const auto target = sight.is_link ? ImageName::parse(sight.target) : std::nullopt;
  return target && (rows.contains(*target) || (link && link->linked == target));
}

std::optional<ImageName> ExportPlace::target_of(const std::string& text) const {
  const LinkSight* sight = link_named(text);
  return sight && made(*sight) ? ImageName::parse(sight->target) : std::nullopt;
}

namespace {

/// Where an export is changed; nullptr: it is not.
const std::string* folder_of(const Action& action) {
  if (const auto* image = std::get_if<ExportImage>(&action)) return &image->folder;
  if (const auto* link = std::get_if<SwitchLink>(&action)) return &link->folder;
  const auto* gone = std::get_if<Unexport>(&action);
  return gone ? &gone->row.folder : nullptr;
}

/// A link that is not there is only forgotten.
bool writes(const Action& action) {
  const auto* link = std::get_if<SwitchLink>(&action);
  return !link || !link->link.empty() || !link->old_link.empty();
}

}  // namespace

bool block_unwritable(const ExportPlace& place, std::optional<At> at, Draft& draft) {
  if (place.view->unwritable.empty()) return false;
  const auto is_here = [&](const DraftChange& one) {
    const std::string* const folder = one.change.deferred ? nullptr : folder_of(one.change.action);
    return folder && *folder == place.folder;
  };
  const auto first = std::find_if(draft.changes.begin(), draft.changes.end(),
                                  [&](const DraftChange& one) { return is_here(one) && writes(one.change.action); });
  if (first == draft.changes.end()) return false;
  draft.blocked.push_back(
      {.address = export_address(place.name),
       .verb = first->change.verb,
       .code = Code::not_writable,
       .text = fmt::format("{}: nothing of the export is changed", place.view->unwritable),
       .mend =
           "let the user who runs ingot write there, mount the file system for writing, or name another `to`; a systemd service "
           "may write only to folders in its ReadWritePaths=",
       .at = std::move(at),
       .stops_images = true});
  draft.erase(is_here);
  return true;
}

ExportPlaces export_places(const Situation& situation) {
  static const ExportView nothing;
  ExportPlaces places;
  const auto at = [&](const ExportName& name, const std::string& folder) -> ExportPlace& {
    const auto seen = situation.observed.exports.find({name, folder});
    const ExportView* view = seen == situation.observed.exports.end() ? &nothing : &seen->second;
    return places.try_emplace({name, folder}, ExportPlace{.name = name, .folder = folder, .view = view}).first->second;
  };
  for (const auto& [name, folder] : situation.observed.export_folders) at(name, folder);
  for (const auto& row : situation.snapshot.exports) at(row.name, row.folder).link = &row;
  for (const auto& row : situation.snapshot.exported) at(row.name, row.folder).rows.emplace(row.image, &row);
  return places;
}

}  // namespace ingot::plan
