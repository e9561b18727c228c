// HMAC-SHA256 (RFC 2104), by OpenSSL.
#pragma once

#include <string_view>

#include "schema/digest.hpp"

namespace ingot::io {

Digest hmac_sha256(std::string_view key, std::string_view bytes);

}  // namespace ingot::io
