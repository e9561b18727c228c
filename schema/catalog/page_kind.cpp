#include "schema/catalog/page_kind.hpp"

namespace ingot {

std::string_view text_of(PageKind kind) {
  switch (kind) {
    case PageKind::images: return "images";
    case PageKind::series: return "series";
    case PageKind::types: return "types";
  }
  return {};
}

std::optional<PageKind> parse_page_kind(std::string_view text) {
  for (const PageKind kind : {PageKind::images, PageKind::series, PageKind::types}) {
    if (text == text_of(kind)) return kind;
  }
  return std::nullopt;
}

}  // namespace ingot
