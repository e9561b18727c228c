#include "tests/support/counted_signatures.hpp"

#include <atomic>

#include <dlfcn.h>
#include <openssl/evp.h>

namespace {

std::atomic<std::size_t> checked{0};

}  // namespace

/// Stands before the library's own, which a program's definition hides.
extern "C" int EVP_DigestVerify(EVP_MD_CTX* context, const unsigned char* signature, std::size_t signature_length,
                                const unsigned char* bytes, std::size_t length) {
  static const auto library = reinterpret_cast<decltype(&EVP_DigestVerify)>(::dlsym(RTLD_NEXT, "EVP_DigestVerify"));
  ++checked;
  return library(context, signature, signature_length, bytes, length);
}

namespace ingot::testing_support {

CountedSignatures::CountedSignatures() : before_(checked) {}

std::size_t CountedSignatures::checks() const { return checked - before_; }

}  // namespace ingot::testing_support
