// One peer's catalog, looked up: entries by identity, series and types by name, descent by identity through copies and
// tombstones (R9). Total also for a hostile catalog: cycles and duplicates end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "schema/catalog/catalog.hpp"
#include "schema/manifest/subscription.hpp"

namespace ingot::plan {

/// Borrows the catalog, which must outlive it.
class CatalogIndex {
 public:
  CatalogIndex(const Catalog& catalog, const ServerId& publisher);

  const Catalog& catalog() const { return *catalog_; }
  /// Entries whose origin is the publisher (R4), by place in Catalog::images; each identity once, sorted by name.
  const std::vector<std::uint32_t>& own() const { return own_; }
  std::optional<std::uint32_t> entry(const ImageIdentity& identity) const;
  const SeriesEntry* series(const SeriesName& name) const;
  const TypeEntry* type(const TypeName& name) const;
  /// Tombstones of this name.
  std::vector<const ImageTombstone*> tombstones(const ImageName& name) const;
  /// Whether the publisher is the origin of an image of this name, or was of one that is deleted.
  bool has_or_had(const ImageName& name) const;
  /// The image that a selector means by `name`: the live one, else the one deleted last, else one that only survives as a parent.
  std::optional<ImageIdentity> image(const ImageName& name) const;
  /// Own entries that descend from `root`, at any depth; not `root` itself. Sorted by place.
  std::vector<std::uint32_t> descendants(const ImageIdentity& root);
  /// Whether the selector names something that the peer has or had.
  bool knows(const Selector& selector) const;
  /// The names that a misspelt selector of this kind may have meant.
  std::vector<std::string> names_like(const Selector& selector) const;

 private:
  const Catalog* catalog_;
  ServerId publisher_;
  std::vector<std::uint32_t> own_;
  std::unordered_map<ImageIdentity, std::uint32_t> by_identity_;
  std::unordered_map<std::string, const SeriesEntry*> series_;
  std::unordered_map<std::string, const TypeEntry*> types_;
  std::unordered_multimap<std::string, const ImageTombstone*> tombstones_;
  /// Parent → child; made when descent is asked for first.
  std::optional<std::unordered_multimap<ImageIdentity, const ImageIdentity*>> children_;
};

}  // namespace ingot::plan
