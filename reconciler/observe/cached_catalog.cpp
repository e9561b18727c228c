#include "reconciler/observe/cached_catalog.hpp"

#include "reconciler/observe/read_catalog.hpp"

namespace ingot::observe {

namespace {

std::shared_ptr<const Stated> cached_state(io::PeerMemory& memory, const ServerId& id, const Head& head) {
  const auto bytes = head.state ? memory.piece(id, *head.state) : std::nullopt;
  auto parsed = bytes ? parse_stated(*bytes) : std::variant<Stated, Malformed>(Malformed{});
  auto* const stated = std::get_if<Stated>(&parsed);
  return stated ? std::make_shared<const Stated>(std::move(*stated)) : nullptr;
}

}  // namespace

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
  return CachedCatalog{kept->seen, kept->file.fetched, std::move(catalog), cached_state(memory, id, kept->head)};
}

}  // namespace ingot::observe
