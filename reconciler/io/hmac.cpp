#include "reconciler/io/hmac.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "schema/error.hpp"

namespace ingot::io {

Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  Digest digest;
  unsigned int length = 0;
  const auto* data = static_cast<const unsigned char*>(static_cast<const void*>(bytes.data()));
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data, bytes.size(), digest.bytes.data(), &length) == nullptr ||
      length != digest.bytes.size()) {
    throw Error(Fault::internal, "HMAC-SHA256 failed");
  }
  return digest;
}

}  // namespace ingot::io
