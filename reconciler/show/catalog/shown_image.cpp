#include "reconciler/show/catalog/shown_image.hpp"

#include <unordered_map>

namespace ingot::show {

namespace {

std::string parent_of(const state::ImageRow& row, const std::unordered_map<state::ImageKey, const state::ImageRow*>& by_key) {
  if (row.parent) {
    const auto parent = by_key.find(*row.parent);
    if (parent != by_key.end()) return parent->second->name.text();
  }
  if (!row.parent_name.empty()) return row.parent_name;
  return row.parent_identity ? row.parent_identity->name.text() : "";
}

}  // namespace

std::vector<ShownImage> images_here(const state::Snapshot& snapshot, const ServerId& self,
                                    const std::set<state::ImageKey>& damaged) {
  std::unordered_map<state::ImageKey, const state::ImageRow*> by_key;
  for (const auto& row : snapshot.images) by_key.emplace(row.key, &row);
  std::unordered_map<state::ImageKey, std::vector<SeriesName>> series_of;
  for (const auto& series : snapshot.series) {
    for (const auto& member : series.members) series_of[member.image].push_back(series.name);
  }
  std::vector<ShownImage> images;
  for (const auto& row : snapshot.images) {
    if (row.deleted) continue;
    images.push_back({.name = row.name,
                      .type = row.type,
                      .version = row.version,
                      .state = row.withdrawn_by_origin ? ImageState::withdrawn : row.state,
                      .reason = row.reason,
                      .platform = row.platform,
                      .parent = parent_of(row, by_key),
                      .labels = row.labels,
                      .description = row.description,
                      .digest = row.digest,
                      .size = row.size,
                      .kind = row.kind,
                      .created = row.identity ? std::optional(row.identity->created) : std::nullopt,
                      .serial = row.created,
                      .origin = row.origin_name,
                      .origin_id = row.identity ? row.identity->origin : self,
                      .copied_from = row.copied_from,
                      .series = series_of[row.key],
                      .is_private = row.is_private,
                      .managed = row.managed,
                      .complete = !damaged.contains(row.key),
                      .arrived = row.papers});
  }
  return images;
}

std::vector<ShownImage> images_of(const Catalog& catalog) {
  std::unordered_map<ImageIdentity, std::vector<SeriesName>> series_of;
  for (const auto& series : catalog.series) {
    for (const auto& member : series.members) series_of[member.image].push_back(series.name);
  }
  std::vector<ShownImage> images;
  images.reserve(catalog.images.size());
  for (const auto& entry : catalog.images) {
    const auto series = series_of.find(entry.identity);
    images.push_back({.name = entry.name,
                      .type = entry.type,
                      .version = entry.version,
                      .state = entry.state(),
                      .reason = entry.reason,
                      .platform = entry.platform,
                      .parent = entry.parent ? entry.parent->name.text() : "",
                      .labels = entry.labels,
                      .description = entry.description,
                      .digest = entry.digest,
                      .size = entry.size,
                      .kind = entry.kind,
                      .created = entry.identity.created,
                      .serial = entry.listed,
                      .origin = entry.origin_name,
                      .origin_id = entry.identity.origin,
                      .copied_from = entry.copied_from,
                      .series = series == series_of.end() ? std::vector<SeriesName>() : series->second,
                      .is_private = std::nullopt,
                      .managed = std::nullopt,
                      .complete = entry.packed.has_value(),
                      .arrived = std::nullopt});
  }
  return images;
}

}  // namespace ingot::show
