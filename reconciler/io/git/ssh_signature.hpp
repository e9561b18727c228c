// Whether an ssh signature of a git commit is good: ssh-keygen says so, against a file of allowed signers, as git does it.
#pragma once

#include <string>
#include <variant>

#include "schema/text/quantity.hpp"

namespace ingot::io {

struct SignedBytes {
  std::string signature;  ///< "-----BEGIN SSH SIGNATURE-----" …
  std::string bytes;
  Time when;  ///< for allowed signers that are valid for a time only: when it is said to have been signed
};

struct GoodSignature {
  std::string signer;  ///< the principal that the allowed signers name
};
struct BadSignature {
  std::string why;  ///< a clause
};

/// Error{local}: ssh-keygen cannot be run.
std::variant<GoodSignature, BadSignature> check_ssh_signature(const SignedBytes& what, const std::string& allowed_signers);

}  // namespace ingot::io
