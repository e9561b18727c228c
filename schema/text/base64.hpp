// Base64 (RFC 4648, section 4) as envelopes hold it: with padding, one text for one value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ingot {

std::string to_base64(std::string_view bytes);
/// nullopt for anything but the exact text that to_base64 makes of some bytes.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace ingot
