#include "schema/catalog/parse_image.hpp"

#include <fmt/format.h>

#include "schema/catalog/parse_fields.hpp"

namespace ingot {

namespace {

ImageState read_state(const JsonObject& object, std::string_view key) {
  if (const auto state = parse_image_state(object.text(key))) return *state;
  object.refuse(key, "is not TESTABLE, RESTRICTED, PUBLISHED or WITHDRAWN");
}

ImageKind read_image_kind(const JsonObject& object) {
  if (const auto kind = parse_image_kind(object.text("kind"))) return *kind;
  object.refuse("kind", "is not \"file\" or \"tree\"");
}

std::vector<StateSince> read_states(const JsonObject& entry, Serial newest) {
  std::vector<StateSince> states;
  for (const std::uint32_t index : entry.list("states")) {
    const JsonObject object = entry.object_in(index, "states", {"state", "since"});
    states.push_back({.state = read_state(object, "state"), .since = object.number("since", 1, newest)});
    const bool sorted = states.size() < 2 || states[states.size() - 2].since <= states.back().since;
    if (!sorted) entry.refuse("states", "is not sorted by \"since\"");
  }
  if (states.empty()) entry.refuse("states", "is empty");
  if (states.size() > longest_state_history) {
    entry.refuse("states", fmt::format("holds {} states, more than {}", states.size(), longest_state_history));
  }
  return states;
}

Labels read_labels(const JsonObject& entry) {
  Labels labels;
  if (!entry.has("labels")) return labels;
  entry.texts_of("labels", [&](std::string_view key, std::string_view value) { labels.emplace(key, value); });
  if (labels.size() > most_labels)
    entry.refuse("labels", fmt::format("holds {} labels, more than {}", labels.size(), most_labels));
  return labels;
}

std::optional<Packed> read_packed(const JsonObject& entry, std::uint64_t size) {
  if (!entry.has("packed")) return std::nullopt;
  const JsonObject object = entry.object("packed", {"digest", "length", "segments", "table"});
  Packed packed{.file = {}, .segments = segment_count(size), .table = {}};
  packed.file = read_piece(object, packed.segments * largest_packed_segment);
  if (object.has("segments") || packed.segments > 1) {
    const std::uint64_t said = object.number("segments", 1);
    if (said != packed.segments) object.refuse("segments", fmt::format("is {}, not {} as the size says", said, packed.segments));
  }
  if (object.has("table") != (packed.segments > 1)) {
    object.refuse("table", packed.segments > 1 ? "is missing" : "is there, but the image has one segment");
  }
  if (packed.segments > 1) packed.table = read_piece(object.object("table", {"digest", "length"}), largest_table);
  return packed;
}

std::vector<DeltaRef> read_deltas(const JsonObject& entry) {
  std::vector<DeltaRef> deltas;
  if (!entry.has("deltas")) return deltas;
  for (const std::uint32_t index : entry.list("deltas")) {
    if (deltas.size() == most_deltas) entry.refuse("deltas", fmt::format("holds more than {} deltas", most_deltas));
    const JsonObject delta = entry.object_in(index, "deltas", {"base", "digest", "length"});
    const JsonObject base = delta.object("base", {"digest", "size"});
    deltas.push_back({.base = read_digest(base, "digest"),
                      .base_size = base.number("size", 0, largest_image),
                      .file = read_piece(delta, largest_image)});
  }
  return deltas;
}

/// Name, identity, whose it is, and since when it is listed.
ImageEntry read_whose(const JsonObject& entry, const Publisher& publisher) {
  const auto name = read_name<ImageName>(entry, "image");
  const Serial created = entry.number("created", 1);
  const JsonObject origin = entry.object("origin", {"name", "id", "image"});
  const ServerId id = read_server_id(origin, "id");
  const bool own = id == publisher.id;
  ImageEntry image{.name = name,
                   .identity = {.origin = id, .name = name, .created = created},
                   .origin_name = read_name<ServerName>(origin, "name"),
                   .copied_from = {},
                   .listed = {},
                   .digest = {},
                   .size = {},
                   .kind = {},
                   .version = {},
                   .platform = {},
                   .description = {},
                   .labels = {},
                   .states = {},
                   .reason = {},
                   .parent = {},
                   .packed = {}};
  if (origin.has("image")) image.identity.name = read_name<ImageName>(origin, "image");
  image.listed = own && !entry.has("listed") ? image.identity.created : entry.number("listed", 1);
  if (own && image.listed != image.identity.created)
    entry.refuse("listed", "is not \"created\", though the image is the server's own");
  if (own && image.identity.name != name) origin.refuse("image", "is another name, though the image is the server's own");
  if (image.listed > publisher.newest) {
    entry.refuse(own ? "created" : "listed",
                 fmt::format("is {}, later than the head's serial {}", image.listed, publisher.newest));
  }
  if (own == entry.has("copied_from")) {
    entry.refuse("copied_from",
                 own ? "is there, though the image is the server's own" : "is missing, though the image is a copy");
  }
  if (!own) image.copied_from = read_name<ServerName>(entry, "copied_from");
  return image;
}

std::optional<ImageIdentity> read_parent(const JsonObject& entry, const ImageIdentity& child, const Publisher& publisher) {
  auto parent = read_identity_or_null(entry, "parent");
  if (!parent) return parent;
  if (*parent == child) entry.refuse("parent", "is the image itself");
  if (parent->origin == publisher.id && parent->created > publisher.newest) {
    entry.refuse("parent", fmt::format("was created at {}, later than the head's serial {}", parent->created, publisher.newest));
  }
  return parent;
}

ImageEntry read_image_entry(const JsonObject& entry, const Publisher& publisher) {
  ImageEntry image = read_whose(entry, publisher);
  image.digest = read_digest(entry, "digest");
  image.size = entry.number("size", 0, largest_image);
  image.kind = read_image_kind(entry);
  image.type = read_name<TypeName>(entry, "type");
  image.version = entry.text_or("version", "");
  image.platform = entry.text_or("platform", "");
  image.description = entry.text_or("description", "");
  image.labels = read_labels(entry);
  image.states = read_states(entry, publisher.newest);
  image.reason = entry.text_or("reason", "");
  image.parent = read_parent(entry, image.identity, publisher);
  image.packed = read_packed(entry, image.size);
  image.deltas = read_deltas(entry);
  if (entry.has("release")) image.release = read_signatures(entry, "release");
  return image;
}

ImageTombstone read_tombstone(const JsonObject& entry, const Publisher& publisher) {
  const Serial deleted = entry.number("deleted", 1, publisher.newest);
  const Serial created = entry.number("created", 1);
  if (created > deleted) entry.refuse("deleted", fmt::format("is {}, before \"created\" {}", deleted, created));
  ImageTombstone tombstone{.identity = {.origin = publisher.id, .name = read_name<ImageName>(entry, "image"), .created = created},
                           .deleted = deleted,
                           .digest = read_digest(entry, "digest"),
                           .type = read_name<TypeName>(entry, "type"),
                           .parent = {}};
  tombstone.parent = read_parent(entry, tombstone.identity, publisher);
  return tombstone;
}

}  // namespace

std::variant<ImageEntry, ImageTombstone> read_image_line(const std::vector<JsonNode>& nodes, const Publisher& publisher) {
  const JsonObject entry(nodes, {"image",  "created", "deleted", "origin",  "listed",   "copied_from", "digest",
                                 "size",   "kind",    "type",    "version", "platform", "description", "labels",
                                 "states", "reason",  "parent",  "packed",  "deltas",   "release",     "critical"});
  if (entry.has("deleted")) return read_tombstone(entry, publisher);
  return read_image_entry(entry, publisher);
}

}  // namespace ingot
