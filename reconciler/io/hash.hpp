// sha256, by OpenSSL. Streams; about 2 GB/s with SHA-NI.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "schema/digest.hpp"

namespace ingot::io {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  void update(std::span<const std::byte> bytes);
  /// The digest of all so far; starts anew after it.
  Digest finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

Digest sha256(std::string_view bytes);

}  // namespace ingot::io
