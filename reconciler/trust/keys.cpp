#include "reconciler/trust/keys.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "schema/error.hpp"

namespace ingot::trust {

namespace {

constexpr std::size_t signature_length = 64;

template <auto free>
struct Free {
  template <class Handle>
  void operator()(Handle* handle) const noexcept {
    free(handle);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Context = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;

const std::uint8_t* octets(std::string_view bytes) { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }

[[noreturn]] void fail(const char* what) {
  ERR_clear_error();
  throw Error(Fault::internal, std::string("the crypto library could not ") + what);
}

/// Never asks anybody: an encrypted key file is no key of ours.
int no_password(char*, int, int, void*) { return -1; }

/// The y coordinates of the eight points of small order. Under such a key one signature holds for many messages.
constexpr std::array<std::string_view, 5> small_order{
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

/// y is not below the field's prime 2^255-19: a second encoding of a key.
bool is_second_encoding(const std::array<std::uint8_t, 32>& y) {
  const bool ones = std::all_of(y.begin() + 1, y.end() - 1, [](std::uint8_t byte) { return byte == 0xFFU; });
  return ones && y.back() == 0x7FU && y.front() >= 0xEDU;
}

}  // namespace

Digest fingerprint(std::string_view bytes) {
  Digest digest;
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.bytes.data(), &length, EVP_sha256(), nullptr) != 1) fail("make a sha256");
  return digest;
}

bool is_usable(const PublicKey& key) {
  auto y = key.bytes;
  y.back() &= 0x7FU;  // the sign of x does not matter here
  return !is_second_encoding(y) && std::count(small_order.begin(), small_order.end(), Digest{.bytes = y}.hex()) == 0;
}

struct PrivateKey::Impl {
  Key key;
};

PrivateKey::PrivateKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

PrivateKey PrivateKey::generate() {
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) fail("make an Ed25519 key");
  return PrivateKey(std::make_unique<Impl>(Impl{std::move(key)}));
}

PrivateKey PrivateKey::from_pem(std::string_view pem, const std::string& what) {
  Key key;
  if (pem.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (bio) key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  }
  ERR_clear_error();
  if (!key || EVP_PKEY_is_a(key.get(), "ED25519") != 1) {
    throw Error(Fault::local, what + " holds no Ed25519 private key", "it must be PKCS#8 in PEM, without a password");
  }
  return PrivateKey(std::make_unique<Impl>(Impl{std::move(key)}));
}

std::string PrivateKey::to_pem() const {
  const Bio bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    fail("write a private key");
  }
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

PublicKey PrivateKey::public_key() const {
  PublicKey key;
  std::size_t length = key.bytes.size();
  if (EVP_PKEY_get_raw_public_key(impl_->key.get(), key.bytes.data(), &length) != 1 || length != key.bytes.size()) {
    fail("give the public key");
  }
  return key;
}

std::string PrivateKey::sign(std::string_view bytes) const {
  const Context context(EVP_MD_CTX_new());
  std::array<std::uint8_t, signature_length> signature{};
  std::size_t length = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, impl_->key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &length, octets(bytes), bytes.size()) != 1 || length != signature.size()) {
    fail("sign");
  }
  return {signature.begin(), signature.end()};
}

// The library refuses S >= L (RFC 8032, 5.1.7); length, second encodings and small order are checked here.
bool signature_holds(const PublicKey& key, std::string_view bytes, std::string_view signature) {
  if (signature.size() != signature_length || !is_usable(key)) return false;
  const Key handle(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, key.bytes.data(), key.bytes.size()));
  const Context context(EVP_MD_CTX_new());
  const bool holds = handle && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()) == 1 &&
                     EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(bytes), bytes.size()) == 1;
  if (!holds) ERR_clear_error();
  return holds;
}

std::string key_id(const PublicKey& key) {
  const std::string_view bytes(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size());
  return fingerprint(bytes).hex().substr(0, 16);
}

Envelope sign_envelope(std::string_view payload_type, std::string payload, const std::vector<const PrivateKey*>& keys) {
  Envelope envelope{.payload_type = std::string(payload_type), .payload = std::move(payload), .signatures = {}};
  const std::string bytes = signed_bytes(envelope.payload_type, envelope.payload);
  for (const PrivateKey* key : keys) {
    envelope.signatures.push_back({.key_id = key_id(key->public_key()), .bytes = key->sign(bytes)});
  }
  return envelope;
}

}  // namespace ingot::trust
