// Ed25519 keys and signatures (RFC 8032, pure), by OpenSSL. Private keys are PKCS#8 PEM text; reading the file is the caller's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/catalog/root.hpp"

namespace ingot::trust {

/// sha256 of a short text, for identities and hints; bulk hashing is reconciler/io/hash.
Digest fingerprint(std::string_view bytes);

class PrivateKey {
 public:
  static PrivateKey generate();
  /// Error{local} if it is no Ed25519 key in PEM; the text never shows in the message.
  static PrivateKey from_pem(std::string_view pem, const std::string& what);
  std::string to_pem() const;
  PublicKey public_key() const;
  std::string sign(std::string_view bytes) const;  ///< 64 bytes
  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();

 private:
  struct Impl;
  explicit PrivateKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// A key is unusable if its point has small order (as the all-zero key) or if it is a second encoding of another key.
bool is_usable(const PublicKey& key);

/// False for anything but a 64-byte signature that holds under a usable key.
bool signature_holds(const PublicKey& key, std::string_view bytes, std::string_view signature);

/// The hint in an envelope: the first 16 hex digits of the key's sha256.
std::string key_id(const PublicKey& key);

/// An envelope of `payload` signed by each key.
Envelope sign_envelope(std::string_view payload_type, std::string payload, const std::vector<const PrivateKey*>& keys);

}  // namespace ingot::trust
