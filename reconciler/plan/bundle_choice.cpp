#include "reconciler/plan/bundle_choice.hpp"

#include <algorithm>
#include <unordered_map>

namespace ingot::plan {

namespace {

/// The serial at which the image came into the catalog, or into the state that it has.
Serial came(const ImageEntry& entry) { return std::max(entry.listed, entry.states.empty() ? 0 : entry.states.back().since); }

bool is_withdrawn(const ImageEntry& entry) { return entry.state() == ImageState::withdrawn; }

/// The newest members first, as many as are wanted.
void choose_series(const Catalog& catalog, const BundleWish& wish, BundleChoice& choice) {
  const auto series = std::find_if(catalog.series.begin(), catalog.series.end(),
                                   [&](const SeriesEntry& one) { return one.name.text() == *wish.series; });
  if (series == catalog.series.end()) return choice.unknown.push_back(*wish.series);
  std::unordered_map<ImageIdentity, const ImageEntry*> entries;
  for (const auto& entry : catalog.images) entries.emplace(entry.identity, &entry);
  std::uint64_t left = wish.latest.value_or(series->members.size());
  for (auto member = series->members.rbegin(); member != series->members.rend() && left > 0; ++member) {
    const auto found = entries.find(member->image);
    if (found == entries.end() || is_withdrawn(*found->second)) continue;
    --left;
    if (!wish.since || std::max(member->added, came(*found->second)) > *wish.since) choice.images.push_back(found->second);
  }
}

void choose_named(const Catalog& catalog, const BundleWish& wish, BundleChoice& choice) {
  std::unordered_map<std::string, const ImageEntry*> by_name;
  for (const auto& entry : catalog.images) by_name[entry.name.text()] = &entry;
  for (const auto& name : wish.images) {
    const auto found = by_name.find(name);
    if (found == by_name.end())
      choice.unknown.push_back(name);
    else if (!wish.since || came(*found->second) > *wish.since)
      choice.images.push_back(found->second);
  }
}

}  // namespace

BundleChoice choose_for_bundle(const Catalog& catalog, const BundleWish& wish) {
  BundleChoice choice;
  if (wish.series) choose_series(catalog, wish, choice);
  if (!wish.images.empty()) choose_named(catalog, wish, choice);
  if (!wish.series && wish.images.empty()) {
    for (const auto& entry : catalog.images) {
      if (!is_withdrawn(entry) && (!wish.since || came(entry) > *wish.since)) choice.images.push_back(&entry);
    }
  }
  std::sort(choice.images.begin(), choice.images.end());
  choice.images.erase(std::unique(choice.images.begin(), choice.images.end()), choice.images.end());
  return choice;
}

}  // namespace ingot::plan
