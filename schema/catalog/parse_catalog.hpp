// Bytes of a peer → catalog values. Strict: duplicate keys, wrong types, bad names, bounds, order are errors, never guesses.
// Unknown keys are ignored unless listed in "critical".
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "schema/catalog/catalog.hpp"
#include "schema/catalog/segments.hpp"
#include "schema/catalog/stated.hpp"

namespace ingot {

/// Why bytes are not what they should be, for a person: "line 3: \"size\" is not a whole number".
struct Malformed {
  std::string why;
  bool operator==(const Malformed&) const = default;
};

std::variant<Head, Malformed> parse_head(std::string_view payload);
std::variant<Index, Malformed> parse_index(std::string_view bytes);

std::variant<Stated, Malformed> parse_stated(std::string_view bytes);

/// Receives the entries of pages in order. A series arrives as its line, then its members.
struct PageVisitor {
  std::function<void(ImageEntry&&)> image;
  std::function<void(ImageTombstone&&)> deleted_image;
  std::function<void(SeriesEntry&&)> series;   ///< with no members yet
  std::function<void(SeriesMember&&)> member;  ///< of the series given last, perhaps on an earlier page
  std::function<void(SeriesTombstone&&)> deleted_series;
  std::function<void(TypeEntry&&)> type;
};

/// Puts every entry of the pages that are read into `catalog`, which outlives it.
PageVisitor collect_into(Catalog& catalog);

/// Reads pages one after the other; keeps the order across them. Publisher `id` is whose catalog this is, `newest` the
/// serial of the head that named it: no event may bear a later one. A kind of entry without a function is checked only.
class PageReader {
 public:
  PageReader(ServerId id, Serial newest, PageVisitor visitor);
  ~PageReader();

  /// The next page in the index's order, whose digest the caller has checked. nullopt: it was well formed. Else what the
  /// visitor got of it is worthless, and the reader can't go on.
  std::optional<Malformed> read(const PageRef& page, std::string_view bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::variant<SegmentTable, Malformed> parse_segment_table(std::string_view bytes);
/// The same for an image of `size` bytes, and consistent with what its catalog entry says.
std::variant<SegmentTable, Malformed> parse_segment_table(std::string_view bytes, std::uint64_t size, const Packed& packed);

}  // namespace ingot
