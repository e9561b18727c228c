#include "reconciler/apply/recover/provenance.hpp"

#include <algorithm>
#include <utility>

#include "schema/text/json_text.hpp"
#include "schema/text/strict_json.hpp"
#include "schema/text/text.hpp"
#include "schema/text/utf8.hpp"

namespace ingot::apply {
namespace {

constexpr std::size_t longest_papers_text = 65536;

/// `text` as free text: what is no UTF-8, and control characters, become U+FFFD. A user or a host may be named so.
std::string clean(std::string_view text) {
  std::string whole;
  while (!text.empty()) {
    const std::size_t length = first_character(text).length;
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    whole += is_text(character, character.size()) ? character : std::string_view("\xEF\xBF\xBD");
    text.remove_prefix(character.size());
  }
  return whole;
}

/// A JSON object as it grows, in one line.
class ObjectText {
 public:
  ObjectText& raw(std::string_view key, std::string_view json) {
    text_ += text_.empty() ? '{' : ',';
    append_text(text_, key);
    text_.append(":").append(json);
    return *this;
  }
  ObjectText& text(std::string_view key, std::string_view value) {
    std::string json;
    append_text(json, clean(value));
    return raw(key, json);
  }
  ObjectText& maybe(std::string_view key, const std::optional<std::string>& value) {
    return value ? text(key, *value) : raw(key, "null");
  }
  ObjectText& number(std::string_view key, std::uint64_t value) { return raw(key, std::to_string(value)); }
  ObjectText& flag(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  std::string whole() const { return text_.empty() ? "{}" : text_ + "}"; }

 private:
  std::string text_;
};

std::string json_of(const std::optional<ImageIdentity>& identity) {
  if (!identity) return "null";
  return ObjectText()
      .text("origin", identity->origin.text())
      .text("name", identity->name.text())
      .number("created", identity->created)
      .whole();
}

std::string json_of(const Piece& piece) {
  return ObjectText().text("digest", piece.digest.text()).number("length", piece.length).whole();
}

std::string json_of(const Packed& packed) {
  return ObjectText()
      .raw("file", json_of(packed.file))
      .number("segments", packed.segments)
      .raw("table", packed.table ? json_of(*packed.table) : "null")
      .whole();
}

std::string json_of(const Labels& labels) {
  ObjectText object;
  for (const auto& [name, value] : labels) object.text(clean(name), value);
  return object.whole();
}

/// Whether it came as a copy and is this server's own image now.
bool is_adopted(const state::ImageRow& row) { return row.papers.peer && !row.copy; }

std::string papers_text(const state::ImageRow& row, const std::optional<Packed>& packed) {
  const state::Provenance& papers = row.papers;
  ObjectText text;
  text.text("format", "ingot.papers/1")
      .text("image", row.name.text())
      .text("digest", row.digest.text())
      .number("size", row.size)
      .text("kind", text_of(row.kind))
      .text("type", row.type.text())
      .text("version", row.version)
      .text("platform", row.platform)
      .text("description", row.description)
      .raw("labels", json_of(row.labels))
      .text("state", text_of(row.state))
      .text("reason", row.reason)
      .flag("private", row.is_private)
      .flag("protect", row.protect)
      .maybe("parent", row.parent_name.empty() ? std::nullopt : std::optional(row.parent_name))
      .raw("parent_identity", json_of(row.parent_identity))
      .text("origin", row.origin_name.text())
      .raw("identity", json_of(row.identity))
      .text("time", time_text(papers.time))
      .text("run", papers.run)
      .text("actor", papers.actor)
      .maybe("commit", papers.commit)
      .text("rule", papers.rule)
      .maybe("peer", papers.peer)
      .maybe("head", papers.head ? std::optional(papers.head->text()) : std::nullopt);
  if (packed) text.raw("packed", json_of(*packed));
  if (is_adopted(row)) text.text("adopted", row.rule);
  return text.whole() + "\n";
}

template <class Value>
Value must(std::optional<Value> value) {
  if (!value) throw Refusal{"a value that papers do not have"};
  return *std::move(value);
}

std::string text_at(const JsonObject& json, std::string_view key) { return std::string(json.text_or(key, "")); }

std::optional<std::string> maybe_text(const JsonObject& json, std::string_view key) {
  return json.has(key) ? std::optional(std::string(json.text(key))) : std::nullopt;
}

std::optional<ImageIdentity> parse_identity(const JsonObject& json, std::string_view key) {
  if (!json.has(key)) return std::nullopt;
  const JsonObject identity = json.object(key, {"origin", "name", "created"});
  return ImageIdentity{.origin = ServerId{must(Digest::parse(identity.text("origin")))},
                       .name = must(ImageName::parse(identity.text("name"))),
                       .created = identity.number("created")};
}

Piece parse_piece(const JsonObject& json, std::string_view key) {
  const JsonObject piece = json.object(key, {"digest", "length"});
  return {.digest = must(Digest::parse(piece.text("digest"))), .length = piece.number("length")};
}

std::optional<Packed> parse_packed(const JsonObject& json) {
  if (!json.has("packed")) return std::nullopt;
  const JsonObject packed = json.object("packed", {"file", "segments", "table"});
  return Packed{.file = parse_piece(packed, "file"),
                .segments = packed.number("segments"),
                .table = packed.has("table") ? std::optional(parse_piece(packed, "table")) : std::nullopt};
}

Labels parse_labels(const JsonObject& json) {
  Labels labels;
  if (json.has("labels"))
    json.texts_of("labels", [&](std::string_view name, std::string_view value) { labels.emplace(name, value); });
  return labels;
}

state::Provenance parse_arrival(const JsonObject& json) {
  const auto head = maybe_text(json, "head");
  return {.time = must(parse_time(text_at(json, "time"))),
          .run = text_at(json, "run"),
          .actor = text_at(json, "actor"),
          .commit = maybe_text(json, "commit"),
          .rule = text_at(json, "rule"),
          .peer = maybe_text(json, "peer"),
          .head = head ? std::optional(must(Digest::parse(*head))) : std::nullopt};
}

state::ImageRow parse_row(const JsonObject& json) {
  state::Provenance papers = parse_arrival(json);
  const auto adopted = maybe_text(json, "adopted");
  const bool copy = papers.peer && !adopted;
  std::string rule = adopted.value_or(papers.rule);
  return {.name = must(ImageName::parse(text_at(json, "image"))),
          .copy = copy,
          .identity = parse_identity(json, "identity"),
          .origin_name = must(ServerName::parse(text_at(json, "origin"))),
          .copied_from = copy ? std::optional(must(ServerName::parse(*papers.peer))) : std::nullopt,
          .digest = must(Digest::parse(text_at(json, "digest"))),
          .size = json.number("size"),
          .kind = must(parse_image_kind(text_at(json, "kind"))),
          .type = must(TypeName::parse(text_at(json, "type"))),
          .version = text_at(json, "version"),
          .platform = text_at(json, "platform"),
          .description = text_at(json, "description"),
          .labels = parse_labels(json),
          .state = parse_image_state(text_at(json, "state")).value_or(ImageState::published),
          .reason = text_at(json, "reason"),
          .is_private = json.has("private") && json.flag("private"),
          .protect = json.has("protect") && json.flag("protect"),
          .parent_name = maybe_text(json, "parent").value_or(""),
          .parent = {},
          .parent_identity = parse_identity(json, "parent_identity"),
          .source_stamp = {},
          .unwanted_since = {},
          .rule = std::move(rule),
          .created = {},
          .papers = std::move(papers)};
}

}  // namespace

std::string write_papers(const state::ImageRow& row, const Packed& packed) { return papers_text(row, packed); }

std::string with_packing(std::string_view papers, const Packed& packed) {
  const auto parsed = parse_papers(papers);
  return parsed ? papers_text(parsed->row, packed) : std::string(papers);
}

std::string with_adoption(std::string_view papers, const ImageIdentity& copy, const state::ImageRow& row) {
  auto parsed = parse_papers(papers);
  if (!parsed || !parsed->row.copy || parsed->row.identity != copy) return std::string(papers);
  parsed->row.name = row.name;
  parsed->row.origin_name = row.origin_name;
  parsed->row.identity.reset();
  parsed->row.copy = false;
  parsed->row.rule = row.rule;
  return papers_text(parsed->row, parsed->packed);
}

std::optional<ParsedPapers> parse_papers(std::string_view text) {
  try {
    StrictJson reader(longest_papers_text);
    const JsonObject json(reader.parse(text),
                          {"format",      "image",    "digest", "size",   "kind",    "type",    "version", "platform",
                           "description", "labels",   "state",  "reason", "private", "protect", "parent",  "parent_identity",
                           "origin",      "identity", "time",   "run",    "actor",   "commit",  "rule",    "peer",
                           "head",        "packed",   "adopted"});
    if (json.text("format") != "ingot.papers/1") return std::nullopt;
    return ParsedPapers{.row = parse_row(json), .packed = parse_packed(json)};
  } catch (const Refusal&) { return std::nullopt; }
}

}  // namespace ingot::apply
