#include "reconciler/apply/recover/provenance.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace ingot::apply {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const ImageIdentity& identity) {
  return {{"origin", identity.origin.text()}, {"name", identity.name.text()}, {"created", identity.created}};
}

Json json_of(const Piece& piece) { return {{"digest", piece.digest.text()}, {"length", piece.length}}; }

Json json_of(const Packed& packed) {
  return {{"file", json_of(packed.file)},
          {"segments", packed.segments},
          {"table", packed.table ? json_of(*packed.table) : Json(nullptr)}};
}

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

/// What a manifest or a peer wrote may be no UTF-8; papers are kept all the same.
std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

/// Something in papers is not what write_papers makes.
struct NoPapers {};

template <class Value>
Value must(std::optional<Value> value) {
  if (!value) throw NoPapers();
  return *std::move(value);
}

std::string text_at(const Json& json, const char* key) { return json.value(key, ""); }

std::optional<std::string> maybe_text(const Json& json, const char* key) {
  return json.contains(key) && !json.at(key).is_null() ? std::optional(json.at(key).get<std::string>()) : std::nullopt;
}

std::optional<ImageIdentity> parse_identity(const Json& json, const char* key) {
  if (!json.contains(key) || json.at(key).is_null()) return std::nullopt;
  const Json& identity = json.at(key);
  return ImageIdentity{.origin = ServerId{must(Digest::parse(text_at(identity, "origin")))},
                       .name = must(ImageName::parse(text_at(identity, "name"))),
                       .created = identity.at("created").get<Serial>()};
}

Piece parse_piece(const Json& json) {
  return {.digest = must(Digest::parse(text_at(json, "digest"))), .length = json.at("length").get<std::uint64_t>()};
}

std::optional<Packed> parse_packed(const Json& json) {
  if (!json.contains("packed") || json.at("packed").is_null()) return std::nullopt;
  const Json& packed = json.at("packed");
  return Packed{.file = parse_piece(packed.at("file")),
                .segments = packed.at("segments").get<std::uint64_t>(),
                .table = packed.at("table").is_null() ? std::nullopt : std::optional(parse_piece(packed.at("table")))};
}

state::Provenance parse_arrival(const Json& json) {
  const auto head = maybe_text(json, "head");
  return {.time = must(parse_time(text_at(json, "time"))),
          .run = text_at(json, "run"),
          .actor = text_at(json, "actor"),
          .commit = maybe_text(json, "commit"),
          .rule = text_at(json, "rule"),
          .peer = maybe_text(json, "peer"),
          .head = head ? std::optional(must(Digest::parse(*head))) : std::nullopt};
}

state::ImageRow parse_row(const Json& json) {
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
          .size = json.at("size").get<std::uint64_t>(),
          .kind = must(parse_image_kind(text_at(json, "kind"))),
          .type = must(TypeName::parse(text_at(json, "type"))),
          .version = text_at(json, "version"),
          .platform = text_at(json, "platform"),
          .description = text_at(json, "description"),
          .labels = json.value("labels", Labels{}),
          .state = parse_image_state(text_at(json, "state")).value_or(ImageState::published),
          .reason = text_at(json, "reason"),
          .is_private = json.value("private", false),
          .protect = json.value("protect", false),
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

std::string write_papers(const state::ImageRow& row, const Packed& packed) {
  const state::Provenance& papers = row.papers;
  const Json json = {
      {"format", "ingot.papers/1"},
      {"image", row.name.text()},
      {"digest", row.digest.text()},
      {"size", row.size},
      {"kind", text_of(row.kind)},
      {"type", row.type.text()},
      {"version", row.version},
      {"platform", row.platform},
      {"description", row.description},
      {"labels", row.labels},
      {"state", text_of(row.state)},
      {"reason", row.reason},
      {"private", row.is_private},
      {"protect", row.protect},
      {"parent", row.parent_name.empty() ? Json(nullptr) : Json(row.parent_name)},
      {"parent_identity", row.parent_identity ? json_of(*row.parent_identity) : Json(nullptr)},
      {"origin", row.origin_name.text()},
      {"identity", row.identity ? json_of(*row.identity) : Json(nullptr)},
      {"time", time_text(papers.time)},
      {"run", papers.run},
      {"actor", papers.actor},
      {"commit", or_null(papers.commit)},
      {"rule", papers.rule},
      {"peer", or_null(papers.peer)},
      {"head", papers.head ? Json(papers.head->text()) : Json(nullptr)},
      {"packed", json_of(packed)},
  };
  return text_of(json);
}

std::string with_packing(std::string_view papers, const Packed& packed) {
  if (!parse_papers(papers)) return std::string(papers);
  Json json = Json::parse(papers);
  json["packed"] = json_of(packed);
  return text_of(json);
}

std::string with_adoption(std::string_view papers, const ImageIdentity& copy, const state::ImageRow& row) {
  const auto parsed = parse_papers(papers);
  if (!parsed || !parsed->row.copy || parsed->row.identity != copy) return std::string(papers);
  Json json = Json::parse(papers);
  json["image"] = row.name.text();
  json["origin"] = row.origin_name.text();
  json["identity"] = nullptr;
  json["adopted"] = row.rule;
  return text_of(json);
}

std::optional<ParsedPapers> parse_papers(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("format") != "ingot.papers/1") return std::nullopt;
    return ParsedPapers{.row = parse_row(json), .packed = parse_packed(json)};
  } catch (const Json::exception&) { return std::nullopt; } catch (const NoPapers&) {
    return std::nullopt;
  }
}

}  // namespace ingot::apply
