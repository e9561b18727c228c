// Throw-away certificates for TLS tests, made in the process: a CA, and what it signs.
#pragma once

#include <memory>
#include <string>

namespace ingot::testing_support {

enum class Validity { now, over };

/// A certificate with its key (P-256); signs others if it is a CA.
class Certificate {
 public:
  static Certificate authority(const std::string& name);
  /// `address` is an IP address or a name that the certificate is for.
  Certificate issue(const std::string& address, Validity validity = Validity::now) const;
  std::string certificate_pem() const;
  std::string key_pem() const;

 private:
  struct Impl;
  explicit Certificate(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  static std::shared_ptr<Impl> make(const std::string& name, const std::string& extension, const std::string& value,
                                    Validity validity, const Impl* issuer);
  std::shared_ptr<Impl> impl_;
};

}  // namespace ingot::testing_support
