#include "tests/support/certificates.hpp"

#include <atomic>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace ingot::testing_support {

namespace {

constexpr long day = 86'400;

template <class Write>
std::string pem_of(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory(BIO_new(BIO_s_mem()), &BIO_free_all);
  if (write(memory.get()) != 1) throw std::runtime_error("cannot write PEM");
  char* text = nullptr;
  const long length = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

void extend(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  if (extension == nullptr) throw std::runtime_error("bad extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

struct Certificate::Impl {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), &X509_free};
};

std::shared_ptr<Certificate::Impl> Certificate::make(const std::string& name, const std::string& extension,
                                                     const std::string& value, Validity validity, const Impl* issuer) {
  static std::atomic<long> serial = 0;
  auto made = std::make_shared<Impl>();
  X509* const certificate = made->certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * day);
  X509_gmtime_adj(X509_getm_notAfter(certificate), validity == Validity::now ? 2 * day : -day);
  X509_set_pubkey(certificate, made->key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  const Impl& signer = issuer != nullptr ? *issuer : *made;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate.get()));
  extend(certificate, OBJ_txt2nid(extension.c_str()), value);
  if (X509_sign(certificate, signer.key.get(), EVP_sha256()) == 0) throw std::runtime_error("cannot sign a certificate");
  return made;
}

Certificate Certificate::authority(const std::string& name) {
  return Certificate(make(name, "basicConstraints", "critical,CA:TRUE", Validity::now, nullptr));
}

Certificate Certificate::issue(const std::string& address, Validity validity) const {
  const bool numeric = address.find_first_not_of("0123456789.") == std::string::npos;
  return Certificate(make(address, "subjectAltName", (numeric ? "IP:" : "DNS:") + address, validity, impl_.get()));
}

std::string Certificate::certificate_pem() const {
  return pem_of([&](BIO* out) { return PEM_write_bio_X509(out, impl_->certificate.get()); });
}

std::string Certificate::key_pem() const {
  return pem_of([&](BIO* out) { return PEM_write_bio_PrivateKey(out, impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

}  // namespace ingot::testing_support
