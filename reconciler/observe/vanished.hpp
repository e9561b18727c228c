// What was in a peer's catalog must stay in it: as itself or as a tombstone (R19).
#pragma once

#include <optional>
#include <string>

#include "reconciler/observe/pages_about.hpp"
#include "reconciler/observe/visit.hpp"
#include "schema/catalog/catalog.hpp"

namespace ingot::observe {

/// The first own image or series of the pages that changed since `before` that `now` no longer has, as a clause; nullopt if all
/// are there, or the old pages are neither in the cache (another machine may have read them) nor at the peer any more. With
/// `about` only images of these names count: `now` need have no others.
std::optional<std::string> vanished_entry(const Visit& visit, const Head& before, const Index& index_now, const Catalog& now,
                                          const std::optional<AboutImages>& about = {});

}  // namespace ingot::observe
