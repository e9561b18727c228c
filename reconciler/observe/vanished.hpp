// What was in a peer's catalog must stay in it: as itself or as a tombstone (R19).
#pragma once

#include <optional>
#include <string>

#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/observe/pages_about.hpp"
#include "schema/catalog/catalog.hpp"

namespace ingot::observe {

/// The first own image or series of the pages that changed since `before` (the previous index, with its pages in
/// `memory`) that `now` no longer has, as a clause; nullopt if all are there, or the old pages are not here any more. With
/// `about` only images of these names count: `now` need have no others.
std::optional<std::string> vanished_entry(io::PeerMemory& memory, const ServerId& id, const Head& before, const Index& index_now,
                                          const Catalog& now, const std::optional<AboutImages>& about = {});

}  // namespace ingot::observe
