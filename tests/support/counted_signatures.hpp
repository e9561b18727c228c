// How many signatures the code under test checks: trust asks OpenSSL for each, and this program's own EVP_DigestVerify counts the
// calls and passes them on.
#pragma once

#include <cstddef>

namespace ingot::testing_support {

class CountedSignatures {
 public:
  CountedSignatures();
  /// Since this object was made, on all threads.
  std::size_t checks() const;

 private:
  std::size_t before_;
};

}  // namespace ingot::testing_support
