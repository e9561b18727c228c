// The table of segments, and what its sums must be.
#include <fmt/format.h>

#include "schema/catalog/parse_fields.hpp"

namespace ingot {

namespace {

/// `[plain,packed,"<64 hex>"]`; `last` says whether it is the last one.
Segment read_segment(const std::vector<JsonNode>& nodes, const SegmentTable& table, bool last) {
  const bool shape = nodes.size() == 4 && nodes[0].kind == JsonKind::list && nodes[1].kind == JsonKind::number &&
                     nodes[2].kind == JsonKind::number && nodes[3].kind == JsonKind::text;
  if (!shape) throw Refusal{"is not [plain, packed, \"<64 hex>\"]"};
  const auto digest = Digest::parse_hex(nodes[3].text);
  if (!digest) throw Refusal{"the digest is not 64 of 0-9a-f"};
  const Segment segment{.plain = nodes[1].number, .packed = nodes[2].number, .digest = *digest};
  const std::uint64_t wanted = last ? last_segment_size(table.plain) : segment_size;
  if (segment.plain != wanted) throw Refusal{fmt::format("holds {} plain bytes, not {}", segment.plain, wanted)};
  if (segment.packed == 0 || segment.packed > largest_packed_segment) {
    throw Refusal{fmt::format("holds {} packed bytes, not 1 to {}", segment.packed, largest_packed_segment)};
  }
  return segment;
}

SegmentTable read_table(std::string_view bytes) {
  StrictJson json(longest_text);
  SegmentTable table;
  std::uint64_t announced = 0;
  std::uint64_t packed = 0;
  for_each_line(bytes, [&](std::string_view line, std::size_t number) {
    const auto& nodes = json.parse(line);
    if (number == 1) {
      const JsonObject header(nodes, {"format", "plain", "packed", "segments", "critical"});
      header.require_format("ingot.segments");
      table.plain = header.number("plain", 0, largest_image);
      table.packed = header.number("packed", 1);
      announced = header.number("segments", 1);
      if (announced != segment_count(table.plain)) {
        header.refuse("segments", fmt::format("is {}, not {} as the size says", announced, segment_count(table.plain)));
      }
      return;
    }
    if (table.segments.size() == announced) throw Refusal{fmt::format("comes after the last of {} segments", announced)};
    const bool last = table.segments.size() + 1 == announced;
    table.segments.push_back(read_segment(nodes, table, last));
    if (__builtin_add_overflow(packed, table.segments.back().packed, &packed)) throw Refusal{"makes the sum too large"};
  });
  if (table.segments.size() != announced) {
    throw Refusal{fmt::format("line 1: \"segments\" is {}, but {} follow", announced, table.segments.size())};
  }
  if (packed != table.packed)
    throw Refusal{fmt::format("line 1: \"packed\" is {}, but the segments make {}", table.packed, packed)};
  return table;
}

}  // namespace

std::variant<SegmentTable, Malformed> parse_segment_table(std::string_view bytes) {
  if (bytes.size() > largest_table) return Malformed{"is longer than 64 MiB"};
  return reading<SegmentTable>([&] { return read_table(bytes); });
}

std::variant<SegmentTable, Malformed> parse_segment_table(std::string_view bytes, std::uint64_t size, const Packed& packed) {
  auto parsed = parse_segment_table(bytes);
  if (const auto* table = std::get_if<SegmentTable>(&parsed)) {
    if (table->plain != size)
      return Malformed{fmt::format("line 1: \"plain\" is {}, but the image has {} bytes", table->plain, size)};
    if (table->packed != packed.file.length) {
      return Malformed{
          fmt::format("line 1: \"packed\" is {}, but the packed file has {} bytes", table->packed, packed.file.length)};
    }
    if (table->segments.size() != packed.segments) {
      return Malformed{fmt::format("holds {} segments, but the catalog says {}", table->segments.size(), packed.segments)};
    }
  }
  return parsed;
}

}  // namespace ingot
