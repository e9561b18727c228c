#include "reconciler/cli/cached_catalog.hpp"

#include "reconciler/observe/read_head.hpp"
#include "schema/parse_catalog.hpp"

namespace ingot {

namespace {

PageVisitor collector(Catalog& catalog) {
  PageVisitor visitor;
  visitor.image = [&](ImageEntry&& entry) { catalog.images.push_back(std::move(entry)); };
  visitor.deleted_image = [&](ImageTombstone&& entry) { catalog.deleted.push_back(std::move(entry)); };
  visitor.series = [&](SeriesEntry&& entry) { catalog.series.push_back(std::move(entry)); };
  visitor.member = [&](SeriesMember&& member) { catalog.series.back().members.push_back(std::move(member)); };
  visitor.deleted_series = [&](SeriesTombstone&& entry) { catalog.deleted_series.push_back(std::move(entry)); };
  visitor.type = [&](TypeEntry&& entry) { catalog.types.push_back(std::move(entry)); };
  return visitor;
}

}  // namespace

std::optional<CachedCatalog> cached_catalog(PeerMemory& memory, const ServerId& id) {
  const auto kept = kept_head(memory, id);
  if (!kept) return std::nullopt;
  const auto index_bytes = memory.piece(id, kept->head.index);
  if (!index_bytes) return std::nullopt;
  const auto index = parse_index(*index_bytes);
  if (!std::holds_alternative<Index>(index)) return std::nullopt;
  auto catalog = std::make_shared<Catalog>();
  PageReader reader(id, kept->head.serial, collector(*catalog));
  for (const auto& page : std::get<Index>(index).pages) {
    const auto bytes = memory.piece(id, page.piece);
    if (!bytes || reader.read(page, *bytes)) return std::nullopt;
  }
  return CachedCatalog{kept->seen, kept->file.fetched, std::move(catalog)};
}

}  // namespace ingot
