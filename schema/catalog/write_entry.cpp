#include "schema/catalog/write_entry.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "schema/catalog/segments.hpp"
#include "schema/text/json_text.hpp"
#include "schema/text/text.hpp"

namespace ingot {

namespace {

void require(bool holds, const std::string& name, std::string_view what) {
  if (!holds) throw std::logic_error(fmt::format("catalog entry \"{}\": {}", name, what));
}

void append_serial(std::string& line, std::string_view key, Serial serial) {
  line += key;
  append_number(line, serial);
}

void append_piece(std::string& line, const Piece& piece) {
  line += "\"digest\":";
  append_digest(line, piece.digest);
  line += ",\"length\":";
  append_number(line, piece.length);
}

void append_identity(std::string& line, const ImageIdentity& identity) {
  line += "{\"origin\":";
  append_digest(line, identity.origin.root);
  line += ",\"name\":";
  append_text(line, identity.name.text());
  append_serial(line, ",\"created\":", identity.created);
  line += '}';
}

void append_parent(std::string& line, const std::optional<ImageIdentity>& parent) {
  line += ",\"parent\":";
  if (parent) {
    append_identity(line, *parent);
  } else {
    line += "null";
  }
}

/// `,"key":"text"`, or nothing for an empty text.
void append_optional_text(std::string& line, const ImageName& name, std::string_view key, const std::string& text) {
  if (text.empty()) return;
  if (!is_text(text, longest_text))
    require(false, name.text(), fmt::format("{} {}", key, why_not_a_text(text, longest_text).value_or("")));
  line += ",\"";
  line += key;
  line += "\":";
  append_text(line, text);
}

void append_labels(std::string& line, const ImageEntry& image) {
  if (image.labels.empty()) return;
  require(image.labels.size() <= most_labels, image.name.text(), "too many labels");
  line += ",\"labels\":{";
  for (const auto& [key, value] : image.labels) {
    require(is_text(key, longest_text) && is_text(value, longest_text), image.name.text(),
            "a label is too long, not UTF-8 or holds a control character");
    if (line.back() != '{') line += ',';
    append_text(line, key);
    line += ':';
    append_text(line, value);
  }
  line += '}';
}

void append_states(std::string& line, const ImageEntry& image) {
  require(!image.states.empty() && image.states.size() <= longest_state_history, image.name.text(), "no state, or too many");
  line += ",\"states\":[";
  for (const StateSince& state : image.states) {
    if (line.back() != '[') line += ',';
    line += "{\"state\":\"";
    line += text_of(state.state);
    append_serial(line, "\",\"since\":", state.since);
    line += '}';
  }
  line += ']';
}

void append_packed(std::string& line, const ImageEntry& image) {
  line += ",\"packed\":";
  if (!image.packed) {
    line += "null";
    return;
  }
  const Packed& packed = *image.packed;
  require(packed.segments == segment_count(image.size) && packed.table.has_value() == (packed.segments > 1), image.name.text(),
          "its segments are not what its size says");
  line += '{';
  append_piece(line, packed.file);
  line += ",\"segments\":";
  append_number(line, packed.segments);
  line += ",\"table\":";
  if (packed.table) {
    line += '{';
    append_piece(line, *packed.table);
    line += '}';
  } else {
    line += "null";
  }
  line += '}';
}

void append_deltas(std::string& line, const ImageEntry& image) {
  if (image.deltas.empty()) return;
  require(image.deltas.size() <= most_deltas, image.name.text(), "too many deltas");
  line += ",\"deltas\":[";
  for (const DeltaRef& delta : image.deltas) {
    if (line.back() != '[') line += ',';
    line += "{\"base\":{\"digest\":";
    append_digest(line, delta.base);
    line += ",\"size\":";
    append_number(line, delta.base_size);
    line += "},";
    append_piece(line, delta.file);
    line += '}';
  }
  line += ']';
}

void append_whose(std::string& line, const ImageEntry& image) {
  line += "{\"image\":";
  append_text(line, image.name.text());
  append_serial(line, ",\"created\":", image.identity.created);
  line += ",\"origin\":{\"name\":";
  append_text(line, image.origin_name.text());
  line += ",\"id\":";
  append_digest(line, image.identity.origin.root);
  if (image.identity.name != image.name) {
    line += ",\"image\":";
    append_text(line, image.identity.name.text());
  }
  line += '}';
  if (!image.copied_from) {
    require(image.listed == image.identity.created && image.identity.name == image.name, image.name.text(),
            "an own image is listed from where it was created, under its own name");
    return;
  }
  append_serial(line, ",\"listed\":", image.listed);
  line += ",\"copied_from\":";
  append_text(line, image.copied_from->text());
}

}  // namespace

void append_line(std::string& page, const ImageEntry& image) {
  append_whose(page, image);
  page += ",\"digest\":";
  append_digest(page, image.digest);
  append_serial(page, ",\"size\":", image.size);
  page += ",\"kind\":\"";
  page += text_of(image.kind);
  page += "\",\"type\":";
  append_text(page, image.type.text());
  append_optional_text(page, image.name, "version", image.version);
  append_optional_text(page, image.name, "platform", image.platform);
  append_optional_text(page, image.name, "description", image.description);
  append_labels(page, image);
  append_states(page, image);
  append_optional_text(page, image.name, "reason", image.reason);
  append_parent(page, image.parent);
  append_packed(page, image);
  append_deltas(page, image);
  if (!image.release.empty()) {
    page += ",\"release\":";
    append_signatures(page, image.release);
  }
  page += "}\n";
}

void append_line(std::string& page, const ImageTombstone& tombstone) {
  page += "{\"image\":";
  append_text(page, tombstone.identity.name.text());
  append_serial(page, ",\"created\":", tombstone.identity.created);
  append_serial(page, ",\"deleted\":", tombstone.deleted);
  page += ",\"digest\":";
  append_digest(page, tombstone.digest);
  page += ",\"type\":";
  append_text(page, tombstone.type.text());
  append_parent(page, tombstone.parent);
  page += "}\n";
}

void append_line(std::string& page, const SeriesEntry& series) {
  page += "{\"series\":";
  append_text(page, series.name.text());
  append_serial(page, ",\"created\":", series.created);
  page += "}\n";
}

void append_line(std::string& page, const SeriesMember& member) {
  page += "{\"member\":";
  append_identity(page, member.image);
  append_serial(page, ",\"added\":", member.added);
  page += "}\n";
}

void append_line(std::string& page, const SeriesTombstone& tombstone) {
  page += "{\"series\":";
  append_text(page, tombstone.name.text());
  append_serial(page, ",\"created\":", tombstone.created);
  append_serial(page, ",\"deleted\":", tombstone.deleted);
  page += "}\n";
}

void append_line(std::string& page, const TypeEntry& type) {
  page += "{\"imagetype\":";
  append_text(page, type.name.text());
  page += ",\"base\":";
  append_text(page, type.base.text());
  page += "}\n";
}

}  // namespace ingot
