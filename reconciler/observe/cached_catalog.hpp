// The catalog of a peer as it was seen last, from the cache alone.
#pragma once

#include <memory>
#include <optional>

#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/observe/pages_about.hpp"
#include "reconciler/plan/observed.hpp"
#include "schema/catalog/stated.hpp"

namespace ingot::observe {

struct CachedCatalog {
  plan::SeenHead head;
  Time fetched;
  std::shared_ptr<const Catalog> catalog;
  std::shared_ptr<const Stated> stated = {};  ///< null: the peer does not publish its state, or it was not asked for
};

/// nullopt: nothing was kept of it, or not all of it is there any more. With `about` only the pages of pages_about() are read.
std::optional<CachedCatalog> cached_catalog(io::PeerMemory& memory, const ServerId& id,
                                            const std::optional<AboutImages>& about = {});

}  // namespace ingot::observe
