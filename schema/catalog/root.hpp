// The root of trust of a server, and the signed envelope (DSSE) that carries roots and heads.
// Reading and writing the bytes: root.cpp, envelope.cpp; verifying: reconciler/trust.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/signature.hpp"
#include "schema/digest.hpp"
#include "schema/text/quantity.hpp"

namespace ingot {

/// A raw Ed25519 public key (RFC 8032).
struct PublicKey {
  std::array<std::uint8_t, 32> bytes{};
  auto operator<=>(const PublicKey&) const = default;
  bool operator==(const PublicKey&) const = default;
};

std::string key_text(const PublicKey& key);  ///< 64 of 0-9a-f, as in documents
std::optional<PublicKey> parse_key(std::string_view text);

bool holds(const std::vector<PublicKey>& keys, const PublicKey& key);

/// A role names no more keys.
inline constexpr std::size_t most_keys = 16;

struct Role {
  std::uint32_t threshold = 1;  ///< 1 … number of distinct keys
  std::vector<PublicKey> keys;  ///< 1 … most_keys, distinct
  bool operator==(const Role&) const = default;
};

/// root/<version>.dsse, payload type "application/vnd.ingot.root.v1+json".
struct Root {
  std::uint64_t version = 1;
  std::uint64_t epoch = 1;
  Time expires;
  Role root;
  Role catalog;
  std::optional<Role> release = {};  ///< signs images; nullopt: an image needs no signature of its own
  std::optional<Digest> previous;    ///< of the previous root's payload
  bool operator==(const Root&) const = default;
};
bool names(const Root& root, const PublicKey& key);  ///< in any of its roles

/// A root that ends sooner than this is told of.
inline constexpr Seconds root_warning = std::chrono::hours(24) * 60;

std::variant<Root, Malformed> parse_root(std::string_view payload);
std::string write_root(const Root& root);

inline constexpr std::string_view head_payload_type = "application/vnd.ingot.head.v1+json";
inline constexpr std::string_view root_payload_type = "application/vnd.ingot.root.v1+json";

/// A DSSE envelope; at most 16 signatures are looked at, more is malformed.
struct Envelope {
  std::string payload_type;
  std::string payload;  ///< raw bytes: what is verified is what is parsed
  std::vector<Signature> signatures;
  bool operator==(const Envelope&) const = default;
};

std::variant<Envelope, Malformed> parse_envelope(std::string_view bytes);
std::string write_envelope(const Envelope& envelope);
/// The bytes that are signed: "DSSEv1" SP len SP type SP len SP payload.
std::string signed_bytes(std::string_view payload_type, std::string_view payload);

}  // namespace ingot
