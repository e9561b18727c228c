// A peer's whole catalog: the index that a verified head names, and its pages, each from the cache or fetched.
#pragma once

#include <memory>

#include "reconciler/observe/pages_about.hpp"
#include "reconciler/observe/read_head.hpp"
#include "reconciler/observe/visit.hpp"
#include "schema/catalog/parse_catalog.hpp"

namespace ingot::observe {

/// Verified against `head` and, if an earlier head of the same epoch was kept, against its catalog (R19: nothing vanishes).
/// With `about` only the pages of pages_about() are read: what the result has is verified in the same way, and it has every
/// entry of these names, but also others. Afterwards the cache holds no other pieces than of these two heads, and none of a head
/// that is not trusted. A piece that is not there has the detail code "missing-piece".
Tried<std::shared_ptr<const Catalog>> read_catalog(const Visit& visit, const Head& head, const std::optional<KeptHead>& before,
                                                   const std::optional<AboutImages>& about = {});

/// What the peer says of its state, as its head names it.
Tried<std::shared_ptr<const Stated>> read_stated(const Visit& visit, const Piece& named);

}  // namespace ingot::observe
