// Which pages of a catalog a question about some images needs.
#pragma once

#include <set>

#include "schema/catalog/catalog.hpp"

namespace ingot::observe {

/// Images by their names on the peer.
using AboutImages = std::set<ImageName>;

/// The pages that can hold an entry of one of these names, and all pages of series and types, in the index's order. A name can
/// run over several pages: its deleted images come before the living one.
Index pages_about(const Index& index, const AboutImages& names);

}  // namespace ingot::observe
