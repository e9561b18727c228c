#include "schema/catalog/parse_fields.hpp"

namespace ingot {

Digest read_digest(const JsonObject& object, std::string_view key) {
  if (const auto digest = Digest::parse(object.text(key))) return *digest;
  object.refuse(key, "is not \"sha256:\" and 64 of 0-9a-f");
}

std::optional<Digest> read_digest_or_null(const JsonObject& object, std::string_view key) {
  return object.has(key) ? std::optional(read_digest(object, key)) : std::nullopt;
}

ServerId read_server_id(const JsonObject& object, std::string_view key) { return ServerId{read_digest(object, key)}; }

Time read_time(const JsonObject& object, std::string_view key) {
  if (const auto time = parse_time(object.text(key))) return *time;
  object.refuse(key, "is not a time like \"2026-11-23T02:00:00Z\"");
}

Piece read_piece(const JsonObject& object, std::uint64_t most) {
  return {.digest = read_digest(object, "digest"), .length = object.number("length", 1, most)};
}

ImageIdentity read_identity(const JsonObject& object, std::string_view key) {
  const JsonObject identity = object.object(key, {"origin", "name", "created"});
  return {.origin = read_server_id(identity, "origin"),
          .name = read_name<ImageName>(identity, "name"),
          .created = identity.number("created", 1)};
}

std::optional<ImageIdentity> read_identity_or_null(const JsonObject& object, std::string_view key) {
  return object.has(key) ? std::optional(read_identity(object, key)) : std::nullopt;
}

}  // namespace ingot
