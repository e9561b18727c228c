#include "reconciler/io/peer_memory_text.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace ingot::io {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* head_format = "ingot.cached-head/1";
constexpr const char* settled_format = "ingot.settled/1";
constexpr const char* floor_format = "ingot.floor/1";

std::string line_of(const Json& json) { return json.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n"; }

struct Parts {
  Json json;
  std::string rest;
};

std::optional<Parts> parts_of(std::string_view text, const char* format) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  Json json = Json::parse(text.substr(0, end), nullptr, false);
  if (!json.is_object() || json.value("format", Json()) != format) return std::nullopt;
  return Parts{std::move(json), std::string(text.substr(end + 1))};
}

Digest digest_of(const Json& json) {
  const auto digest = Digest::parse(json.get<std::string>());
  if (!digest) throw Json::other_error::create(501, "not a digest", nullptr);
  return *digest;
}

Time time_of(const Json& json) {
  const auto time = parse_time(json.get<std::string>());
  if (!time) throw Json::other_error::create(501, "not a time", nullptr);
  return *time;
}

/// Runs a reader; whatever is missing or of another type makes the whole nothing.
template <class Read>
auto unless_damaged(Read read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const Json::exception&) { return std::nullopt; }
}

}  // namespace

std::string write_cached_head(const CachedHead& head) {
  return line_of(
             {{"format", head_format}, {"url", head.url}, {"fetched", time_text(head.fetched)}, {"length", head.bytes.size()}}) +
         head.bytes;
}

std::optional<CachedHead> parse_cached_head(std::string_view text) {
  const auto parts = parts_of(text, head_format);
  if (!parts) return std::nullopt;
  const auto head = unless_damaged([&] {
    const Json& json = parts->json;
    if (json.at("length").get<std::size_t>() != parts->rest.size()) throw Json::other_error::create(501, "cut", nullptr);
    return CachedHead{parts->rest, json.at("url").get<std::string>(), time_of(json.at("fetched"))};
  });
  return head;
}

std::string write_settled(const SettledMark& mark) {
  Json notes = Json::array();
  for (const auto& note : mark.notes) notes.push_back({{"code", note.code}, {"address", note.address}, {"text", note.text}});
  return line_of({{"format", settled_format},
                  {"fingerprint", mark.fingerprint.text()},
                  {"until", mark.until ? Json(time_text(*mark.until)) : Json()},
                  {"notes", notes}});
}

std::optional<SettledMark> parse_settled(std::string_view text) {
  const auto parts = parts_of(text, settled_format);
  if (!parts || !parts->rest.empty()) return std::nullopt;
  return unless_damaged([&] {
    const Json& json = parts->json;
    SettledMark mark{digest_of(json.at("fingerprint")), std::nullopt, {}};
    if (!json.at("until").is_null()) mark.until = time_of(json.at("until"));
    for (const auto& note : json.at("notes")) {
      mark.notes.push_back(
          {note.at("code").get<std::string>(), note.at("address").get<std::string>(), note.at("text").get<std::string>()});
    }
    return mark;
  });
}

std::string write_floor(const FloorRecord& record) {
  const Floor& floor = record.floor;
  return line_of({{"format", floor_format},
                  {"id", floor.id.text()},
                  {"epoch", floor.epoch},
                  {"serial", floor.serial},
                  {"head", floor.head.text()},
                  {"root_version", floor.root_version},
                  {"issued", time_text(floor.issued)}}) +
         record.head_envelope;
}

std::optional<FloorRecord> parse_floor(std::string_view text) {
  const auto parts = parts_of(text, floor_format);
  if (!parts) return std::nullopt;
  return unless_damaged([&] {
    const Json& json = parts->json;
    return FloorRecord{
        {ServerId{digest_of(json.at("id"))}, json.at("epoch").get<std::uint64_t>(), json.at("serial").get<Serial>(),
         digest_of(json.at("head")), json.at("root_version").get<std::uint64_t>(), time_of(json.at("issued"))},
        parts->rest};
  });
}

}  // namespace ingot::io
