// Keys, roots and signed heads for the tests of trust.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconciler/io/hash.hpp"
#include "reconciler/trust/keys.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "schema/text/base64.hpp"

namespace ingot {

/// The key with this 32-byte seed (RFC 8032's "secret key"), through its PKCS#8 PEM form.
inline trust::PrivateKey key_of_seed(std::string_view seed) {
  static const std::string prefix("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 16);
  return trust::PrivateKey::from_pem(
      "-----BEGIN PRIVATE KEY-----\n" + to_base64(prefix + std::string(seed)) + "\n-----END PRIVATE KEY-----\n", "a test key");
}

/// A key that is the same in every run.
inline trust::PrivateKey test_key(std::string_view name) {
  const Digest digest = io::sha256(name);
  return key_of_seed({reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()});
}

inline Time at(std::string_view text) { return parse_time(text).value(); }

inline const Time issued = at("2026-11-23T02:00:00Z");
inline const Time expires = at("2026-12-07T02:00:00Z");

/// A server with one root key and one catalog key.
struct Server {
  explicit Server(const std::string& name) : root_key(test_key(name + " root")), catalog_key(test_key(name + " catalog")) {
    root = Root{.version = 1,
                .epoch = 1,
                .expires = at("2036-11-23T00:00:00Z"),
                .root = {.threshold = 1, .keys = {root_key.public_key()}},
                .catalog = {.threshold = 1, .keys = {catalog_key.public_key()}},
                .previous = {}};
    id = trust::id_of_root(write_root(root));
  }

  Head head(Serial serial) const {
    return {.id = id,
            .name = ServerName::of("fpps-1"),
            .epoch = 1,
            .serial = serial,
            .issued = issued,
            .expires = expires,
            .root_version = 1,
            .index = {.digest = io::sha256("index"), .length = 100},
            .previous = {}};
  }
  std::string sign(const Head& signed_head) const {
    return write_envelope(trust::sign_envelope(head_payload_type, write_head(signed_head), {&catalog_key}));
  }
  std::string sign_root(const Root& signed_root) const {
    return write_envelope(trust::sign_envelope(root_payload_type, write_root(signed_root), {&root_key}));
  }

  trust::PrivateKey root_key;
  trust::PrivateKey catalog_key;
  Root root;
  ServerId id;
};

/// A root as if it had been verified.
inline trust::TrustedRoot trusted(const Root& root) { return {.root = root, .digest = io::sha256(write_root(root))}; }

/// The same root, as the next one.
inline Root next_of(Root root) {
  root.previous = io::sha256(write_root(root));
  ++root.version;
  return root;
}

/// The code of a Distrust, "not-ours" for a NotOurs, "" for a value.
template <class Value>
std::string code_of(const std::variant<Value, trust::Distrust, trust::NotOurs>& result) {
  if (const auto* distrust = std::get_if<trust::Distrust>(&result)) return std::string(text_of(distrust->code));
  return std::holds_alternative<trust::NotOurs>(result) ? "not-ours" : "";
}

inline std::string code_of(const std::optional<trust::Distrust>& result) {
  return std::string(text_of(result ? result->code : Code::none));
}

}  // namespace ingot
