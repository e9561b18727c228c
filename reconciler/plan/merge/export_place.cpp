#include "reconciler/plan/merge/export_place.hpp"

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
