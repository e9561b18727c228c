// The words for the kinds of pages.
#pragma once

#include <optional>
#include <string_view>

#include "schema/catalog/catalog.hpp"

namespace ingot {

/// "images", "series", "types"
std::string_view text_of(PageKind kind);
std::optional<PageKind> parse_page_kind(std::string_view text);

}  // namespace ingot
