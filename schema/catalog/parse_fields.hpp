// The fields that several documents of a catalog have in common: names, digests, identities, pieces, times.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "schema/catalog/catalog.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/text/strict_json.hpp"

namespace ingot {

template <class Name>
Name read_name(const JsonObject& object, std::string_view key) {
  const std::string_view text = object.text(key);
  if (auto name = Name::parse(text)) return *std::move(name);
  object.refuse(key, "is not a name: 1-128 of A-Z a-z 0-9 . _ -, not starting with \".\" or \"-\", servers without \".\"");
}

Digest read_digest(const JsonObject& object, std::string_view key);
std::optional<Digest> read_digest_or_null(const JsonObject& object, std::string_view key);
ServerId read_server_id(const JsonObject& object, std::string_view key);
Time read_time(const JsonObject& object, std::string_view key);

/// `{"digest":…,"length":…}` with a length from 1 to `most`.
Piece read_piece(const JsonObject& object, std::uint64_t most);

/// `{"origin":…,"name":…,"created":…}`.
ImageIdentity read_identity(const JsonObject& object, std::string_view key);
std::optional<ImageIdentity> read_identity_or_null(const JsonObject& object, std::string_view key);

/// `[{"keyid":…,"sig":…}]`, 1 to most_signatures.
std::vector<Signature> read_signatures(const JsonObject& object, std::string_view key);

/// Runs `read`; a Refusal becomes a Malformed.
template <class Value, class Read>
std::variant<Value, Malformed> reading(Read&& read) {
  try {
    return std::forward<Read>(read)();
  } catch (const Refusal& refusal) { return Malformed{refusal.why}; }
}

/// Calls `take(line, number)` for each line of newline-delimited JSON, numbered from 1; a Refusal gets the line's number.
/// Every line ends with a newline, and none is empty.
template <class Take>
void for_each_line(std::string_view bytes, Take&& take) {
  std::size_t number = 0;
  const auto refuse = [&](std::string_view why) -> void {
    throw Refusal{"line " + std::to_string(number) + ": " + std::string(why)};
  };
  while (!bytes.empty()) {
    ++number;
    const std::size_t length = bytes.find('\n');
    if (length == std::string_view::npos) refuse("is cut off (it does not end with a newline)");
    if (length == 0) refuse("is empty");
    try {
      take(bytes.substr(0, length), number);
    } catch (const Refusal& refusal) { refuse(refusal.why); }
    bytes.remove_prefix(length + 1);
  }
  if (number == 0) throw Refusal{"is empty"};
}

}  // namespace ingot
