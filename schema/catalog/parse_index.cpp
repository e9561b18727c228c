// The index: one line per page, in the order of the pages.
#include <fmt/format.h>

#include "schema/catalog/page_kind.hpp"
#include "schema/catalog/parse_fields.hpp"

namespace ingot {

namespace {

PageKind read_kind(const JsonObject& object) {
  const std::string_view text = object.text("kind");
  if (const auto kind = parse_page_kind(text)) return *kind;
  object.refuse("kind", "is not \"images\", \"series\" or \"types\"");
}

PageRef read_page_ref(const JsonObject& object) {
  PageRef page{.kind = read_kind(object), .first = {}, .entries = object.number("entries", 1, most_page_entries), .piece = {}};
  page.first = read_name<ImageName>(object, "first").text();
  page.piece = read_piece(object, largest_page);
  return page;
}

/// Kinds come in their order, names in theirs; an image's or a series' name may begin several pages.
void require_order(const JsonObject& object, const PageRef& before, const PageRef& page) {
  if (page.kind < before.kind) object.refuse("kind", "is out of order (images, then series, then types)");
  if (page.kind > before.kind) return;
  const bool repeats = page.first == before.first && page.kind != PageKind::types;
  if (page.first < before.first || (page.first == before.first && !repeats)) { object.refuse("first", "is out of order"); }
}

Index read_index(std::string_view bytes) {
  StrictJson json(longest_text);
  Index index;
  std::uint64_t announced = 0;
  std::uint64_t total = 0;
  for_each_line(bytes, [&](std::string_view line, std::size_t number) {
    const auto& nodes = json.parse(line);
    if (number == 1) {
      const JsonObject header(nodes, {"format", "pages", "critical"});
      header.require_format("ingot.index");
      announced = header.number("pages");
      return;
    }
    const JsonObject object(nodes, {"kind", "first", "entries", "digest", "length", "critical"});
    PageRef page = read_page_ref(object);
    if (!index.pages.empty()) require_order(object, index.pages.back(), page);
    if (__builtin_add_overflow(total, page.piece.length, &total) || total > largest_metadata) {
      object.refuse("length", "makes the pages larger than 512 MiB together");
    }
    index.pages.push_back(std::move(page));
  });
  if (index.pages.size() != announced) {
    throw Refusal{fmt::format("line 1: \"pages\" is {}, but {} follow", announced, index.pages.size())};
  }
  return index;
}

}  // namespace

std::variant<Index, Malformed> parse_index(std::string_view bytes) {
  if (bytes.size() > largest_index) return Malformed{"is longer than 8 MiB"};
  return reading<Index>([&] { return read_index(bytes); });
}

}  // namespace ingot
