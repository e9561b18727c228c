#include "reconciler/trust/fingerprint.hpp"

#include <openssl/evp.h>

#include "schema/error.hpp"

namespace ingot {

Digest fingerprint(std::string_view bytes) {
  Digest digest;
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.bytes.data(), &length, EVP_sha256(), nullptr) != 1 ||
      length != digest.bytes.size()) {
    throw Error(Fault::internal, "the crypto library gave no sha256");
  }
  return digest;
}

}  // namespace ingot
