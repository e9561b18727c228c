// Head, index and segment table → bytes.
#include <stdexcept>

#include <fmt/format.h>

#include "schema/catalog/page_kind.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "schema/text/json_text.hpp"

namespace ingot {

std::string write_head(const Head& head) {
  std::string text = "{\"format\":\"ingot.head/1\",\"server\":{\"name\":";
  append_text(text, head.name.text());
  text += ",\"id\":";
  append_digest(text, head.id.root);
  text += fmt::format(
      "}},\"epoch\":{},\"serial\":{},\"issued\":\"{}\",\"expires\":\"{}\",\"root\":{{\"version\":{}}},\"index\":{{\"digest\":",
      head.epoch, head.serial, time_text(head.issued), time_text(head.expires), head.root_version);
  append_digest(text, head.index.digest);
  text += fmt::format(",\"length\":{}}},\"previous\":{}", head.index.length, digest_or_null(head.previous));
  if (head.state) {
    text += ",\"state\":{\"digest\":";
    append_digest(text, head.state->digest);
    text += fmt::format(",\"length\":{}}}", head.state->length);
  }
  if (!head.commit.empty()) {
    text += ",\"note\":{\"commit\":";
    append_text(text, head.commit);
    text += '}';
  }
  text += "}\n";
  return text;
}

std::string write_index(const Index& index) {
  std::string text = fmt::format("{{\"format\":\"ingot.index/1\",\"pages\":{}}}\n", index.pages.size());
  for (const PageRef& page : index.pages) {
    text += fmt::format("{{\"kind\":\"{}\",\"first\":", text_of(page.kind));
    append_text(text, page.first);
    text += fmt::format(",\"entries\":{},\"digest\":", page.entries);
    append_digest(text, page.piece.digest);
    text += fmt::format(",\"length\":{}}}\n", page.piece.length);
  }
  if (text.size() > largest_index)
    throw std::length_error("the index is longer than 8 MiB: a catalog can't hold so many entries");
  return text;
}

std::string write_segment_table(const SegmentTable& table) {
  std::string text = fmt::format("{{\"format\":\"ingot.segments/1\",\"plain\":{},\"packed\":{},\"segments\":{}}}\n", table.plain,
                                 table.packed, table.segments.size());
  for (const Segment& segment : table.segments) {
    text += '[';
    append_number(text, segment.plain);
    text += ',';
    append_number(text, segment.packed);
    text += ",\"" + segment.digest.hex() + "\"]\n";
  }
  if (text.size() > largest_table) throw std::length_error("the table of segments is longer than 64 MiB: the image is too large");
  return text;
}

}  // namespace ingot
