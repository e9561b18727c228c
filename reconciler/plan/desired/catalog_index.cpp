#include "reconciler/plan/desired/catalog_index.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_set>

#include "schema/overloaded.hpp"

namespace ingot::plan {

CatalogIndex::CatalogIndex(const Catalog& catalog, const ServerId& publisher) : catalog_(&catalog), publisher_(publisher) {
  by_identity_.reserve(catalog.images.size());
  for (std::uint32_t i = 0; i < catalog.images.size(); ++i) {
    const ImageEntry& image = catalog.images[i];
    if (by_identity_.emplace(image.identity, i).second && image.identity.origin == publisher && !image.states.empty())
      own_.push_back(i);
  }
  const auto key = [&](std::uint32_t i) { return std::tie(catalog.images[i].identity.name, catalog.images[i].identity.created); };
  const auto before = [&](std::uint32_t one, std::uint32_t other) { return key(one) < key(other); };
  if (!std::is_sorted(own_.begin(), own_.end(), before)) std::sort(own_.begin(), own_.end(), before);
  for (const auto& series : catalog.series) series_.emplace(series.name.text(), &series);
  for (const auto& type : catalog.types) types_.emplace(type.name.text(), &type);
  for (const auto& tombstone : catalog.deleted) tombstones_.emplace(tombstone.identity.name.text(), &tombstone);
}

std::optional<std::uint32_t> CatalogIndex::entry(const ImageIdentity& identity) const {
  const auto found = by_identity_.find(identity);
  return found == by_identity_.end() ? std::nullopt : std::optional(found->second);
}

const SeriesEntry* CatalogIndex::series(const SeriesName& name) const {
  const auto found = series_.find(name.text());
  return found == series_.end() ? nullptr : found->second;
}

const TypeEntry* CatalogIndex::type(const TypeName& name) const {
  const auto found = types_.find(name.text());
  return found == types_.end() ? nullptr : found->second;
}

std::vector<const ImageTombstone*> CatalogIndex::tombstones(const ImageName& name) const {
  std::vector<const ImageTombstone*> found;
  const auto [first, last] = tombstones_.equal_range(name.text());
  for (auto it = first; it != last; ++it) found.push_back(it->second);
  return found;
}

std::optional<ImageIdentity> CatalogIndex::image(const ImageName& name) const {
  std::optional<ImageIdentity> found;
  const auto newer = [&](const ImageIdentity& identity) {
    if (!found || std::tie(found->created, found->origin) < std::tie(identity.created, identity.origin)) found = identity;
  };
  for (const auto& image : catalog_->images) {
    if (image.name == name) newer(image.identity);
  }
  if (found) return found;
  for (const ImageTombstone* tombstone : tombstones(name)) newer(tombstone->identity);
  if (found) return found;
  // The peer removed a copy: no tombstone of its own, but its children still say what they came from.
  for (const auto& image : catalog_->images) {
    if (image.parent && image.parent->name == name) newer(*image.parent);
  }
  return found;
}

namespace {

std::unordered_multimap<ImageIdentity, const ImageIdentity*> children_in(const Catalog& catalog) {
  std::unordered_multimap<ImageIdentity, const ImageIdentity*> children;
  children.reserve(catalog.images.size());
  for (const auto& image : catalog.images) {
    if (image.parent) children.emplace(*image.parent, &image.identity);
  }
  for (const auto& tombstone : catalog.deleted) {
    if (tombstone.parent) children.emplace(*tombstone.parent, &tombstone.identity);
  }
  return children;
}

}  // namespace

std::vector<std::uint32_t> CatalogIndex::descendants(const ImageIdentity& root) {
  if (!children_) children_ = children_in(*catalog_);
  std::unordered_set<ImageIdentity> seen{root};
  std::vector<const ImageIdentity*> open{&root};
  std::vector<std::uint32_t> result;
  while (!open.empty()) {
    const auto [first, last] = children_->equal_range(*open.back());
    open.pop_back();
    for (auto it = first; it != last; ++it) {
      if (!seen.insert(*it->second).second) continue;
      open.push_back(it->second);
      const auto place = entry(*it->second);
      if (place && it->second->origin == publisher_ && !catalog_->images[*place].states.empty()) result.push_back(*place);
    }
  }
  std::sort(result.begin(), result.end());
  return result;
}

bool CatalogIndex::has_or_had(const ImageName& name) const {
  const auto place = std::lower_bound(own_.begin(), own_.end(), name, [&](std::uint32_t one, const ImageName& wanted) {
    return catalog_->images[one].identity.name < wanted;
  });
  return (place != own_.end() && catalog_->images[*place].identity.name == name) || tombstones_.contains(name.text());
}

bool CatalogIndex::knows(const Selector& selector) const {
  return std::visit(Overloaded{[](const SelectAll&) { return true; },
                               [&](const SelectImage& select) { return image(select.image).has_value(); },
                               [&](const SelectSeries& select) { return series(select.series) != nullptr; },
                               [&](const SelectType& select) {
                                 if (is_builtin(select.type) || type(select.type)) return true;
                                 const auto of_type = [&](const auto& one) { return one.type == select.type; };
                                 return std::any_of(catalog_->deleted.begin(), catalog_->deleted.end(), of_type) ||
                                        std::any_of(catalog_->images.begin(), catalog_->images.end(), of_type);
                               }},
                    selector);
}

std::vector<std::string> CatalogIndex::names_like(const Selector& selector) const {
  std::vector<std::string> names;
  std::visit(Overloaded{[](const SelectAll&) {},
                        [&](const SelectImage&) {
                          for (const auto& image : catalog_->images) names.push_back(image.name.text());
                        },
                        [&](const SelectSeries&) {
                          for (const auto& one : catalog_->series) names.push_back(one.name.text());
                        },
                        [&](const SelectType&) {
                          for (const auto& one : builtin_types()) names.push_back(one.text());
                          for (const auto& one : catalog_->types) names.push_back(one.name.text());
                        }},
             selector);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace ingot::plan
