#include "reconciler/observe/vanished.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reconciler/observe/fetch_piece.hpp"
#include "schema/catalog/parse_catalog.hpp"

namespace ingot::observe {

namespace {

bool has_image(const Catalog& catalog, const ImageIdentity& identity) {
  const auto& name = identity.name;
  const auto live = std::lower_bound(catalog.images.begin(), catalog.images.end(), name,
                                     [](const ImageEntry& entry, const ImageName& wanted) { return entry.name < wanted; });
  for (auto entry = live; entry != catalog.images.end() && entry->name == name; ++entry) {
    if (entry->identity == identity) return true;
  }
  const auto dead =
      std::lower_bound(catalog.deleted.begin(), catalog.deleted.end(), name,
                       [](const ImageTombstone& entry, const ImageName& wanted) { return entry.identity.name < wanted; });
  for (auto entry = dead; entry != catalog.deleted.end() && entry->identity.name == name; ++entry) {
    if (entry->identity == identity) return true;
  }
  return false;
}

bool has_series(const Catalog& catalog, const SeriesName& name) {
  const auto by_name = [](const auto& entry, const SeriesName& wanted) { return entry.name < wanted; };
  const auto live = std::lower_bound(catalog.series.begin(), catalog.series.end(), name, by_name);
  if (live != catalog.series.end() && live->name == name) return true;
  const auto dead = std::lower_bound(catalog.deleted_series.begin(), catalog.deleted_series.end(), name, by_name);
  return dead != catalog.deleted_series.end() && dead->name == name;
}

/// The pages of the old index that are not in the new one. A series may run over several pages, which can only be read
/// together: if one of them changed, all pages of series are.
std::vector<PageRef> changed_pages(const Index& before, const Index& now) {
  std::set<Digest> kept;
  for (const auto& page : now.pages) kept.insert(page.piece.digest);
  const auto changed = [&](const PageRef& page) { return !kept.contains(page.piece.digest); };
  const bool series_changed = std::any_of(before.pages.begin(), before.pages.end(),
                                          [&](const PageRef& page) { return page.kind == PageKind::series && changed(page); });
  std::vector<PageRef> pages;
  for (const auto& page : before.pages) {
    if (page.kind == PageKind::series ? series_changed : changed(page)) pages.push_back(page);
  }
  return pages;
}

std::optional<std::string> old_piece(const Visit& visit, const Piece& piece, std::uint64_t at_most) {
  if (piece.length > at_most) return std::nullopt;
  auto bytes = cached_or_fetched_piece(visit, piece);
  auto* const got = std::get_if<std::string>(&bytes);
  return got == nullptr ? std::nullopt : std::optional(std::move(*got));
}

}  // namespace

std::optional<std::string> vanished_entry(const Visit& visit, const Head& before, const Index& index_now, const Catalog& now,
                                          const std::optional<AboutImages>& about) {
  const ServerId& id = visit.id();
  const auto index_bytes = old_piece(visit, before.index, largest_index);
  if (!index_bytes) return std::nullopt;
  const auto parsed = parse_index(*index_bytes);
  const auto* index_before = std::get_if<Index>(&parsed);
  if (index_before == nullptr) return std::nullopt;

  std::optional<std::string> missing;
  const auto miss = [&](const std::string& kind, const std::string& name) {
    if (!missing)
      missing = fmt::format("the {} \"{}\", which the catalog had at serial {}, is gone without a tombstone", kind, name,
                            before.serial);
  };
  const auto check_image = [&](const ImageIdentity& identity) {
    if (about && !about->contains(identity.name)) return;
    if (identity.origin == id && !has_image(now, identity)) miss("image", identity.name.text());
  };
  PageVisitor visitor;
  visitor.image = [&](ImageEntry&& entry) { check_image(entry.identity); };
  visitor.deleted_image = [&](ImageTombstone&& entry) { check_image(entry.identity); };
  visitor.series = [&](SeriesEntry&& entry) {
    if (!has_series(now, entry.name)) miss("series", entry.name.text());
  };
  visitor.deleted_series = [&](SeriesTombstone&& entry) {
    if (!has_series(now, entry.name)) miss("series", entry.name.text());
  };

  PageReader reader(id, before.serial, std::move(visitor));
  for (const auto& page : changed_pages(about ? pages_about(*index_before, *about) : *index_before, index_now)) {
    const auto bytes = old_piece(visit, page.piece, largest_page);
    if (!bytes || reader.read(page, *bytes)) return missing;  // what cannot be read any more cannot be compared
  }
  return missing;
}

}  // namespace ingot::observe
