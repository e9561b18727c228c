#include "reconciler/observe/cached_catalog.hpp"

#include "reconciler/observe/read_catalog.hpp"

namespace ingot::observe {

std::optional<CachedCatalog> cached_catalog(io::PeerMemory& memory, const ServerId& id, const std::optional<AboutImages>& about) {
  const auto kept = kept_head(memory, id);
  if (!kept) return std::nullopt;
  const auto index_bytes = memory.piece(id, kept->head.index);
  if (!index_bytes) return std::nullopt;
  auto parsed = parse_index(*index_bytes);
  if (!std::holds_alternative<Index>(parsed)) return std::nullopt;
  Index index = std::get<Index>(std::move(parsed));
  if (about) index = pages_about(index, *about);
  auto catalog = std::make_shared<Catalog>();
  PageReader reader(id, kept->head.serial, collect_into(*catalog));
  for (const auto& page : index.pages) {
    const auto bytes = memory.piece(id, page.piece);
    if (!bytes || reader.read(page, *bytes)) return std::nullopt;
  }
  return CachedCatalog{kept->seen, kept->file.fetched, std::move(catalog)};
}

}  // namespace ingot::observe
