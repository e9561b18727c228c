#include "reconciler/io/hash.hpp"

#include <new>

#include <openssl/evp.h>

#include "schema/error.hpp"

namespace ingot::io {

namespace {

/// Fetched once: the implicit fetch of EVP_sha256() costs 200 ns per use.
const EVP_MD* sha256_method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return method;
}

}  // namespace

struct Sha256::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  Impl() {
    if (context == nullptr) throw std::bad_alloc();
    start();
  }
  ~Impl() { EVP_MD_CTX_free(context); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  void start() {
    if (EVP_DigestInit_ex2(context, sha256_method(), nullptr) != 1)
      throw Error(Fault::internal, "sha256 is not available in this OpenSSL");
  }
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
  if (EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size()) != 1) throw Error(Fault::internal, "sha256 failed");
}

void Sha256::update(std::span<const std::byte> bytes) {
  if (EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size()) != 1) throw Error(Fault::internal, "sha256 failed");
}

Digest Sha256::finish() {
  Digest digest;
  unsigned int length = 0;
  if (EVP_DigestFinal_ex(impl_->context, digest.bytes.data(), &length) != 1 || length != digest.bytes.size()) {
    throw Error(Fault::internal, "sha256 failed");
  }
  impl_->start();
  return digest;
}

Digest sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace ingot::io
