// sha256 of a short text, for identities and hints; bulk hashing is reconciler/io/hash.
#pragma once

#include <string_view>

#include "schema/digest.hpp"

namespace ingot {

Digest fingerprint(std::string_view bytes);

}  // namespace ingot
