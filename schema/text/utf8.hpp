// The one judge of UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ingot {

/// A character at the start of a text.
struct Utf8Character {
  std::uint32_t value = 0;  ///< its code point
  std::size_t length = 0;   ///< in bytes, 1-4; 0: the text is empty or begins with no well-formed character
};

/// The first character of `text`; length 0 if there is none (see Utf8Character).
Utf8Character first_character(std::string_view text);
/// Whether the text is well-formed from its begin to its end.
bool is_utf8(std::string_view text);

}  // namespace ingot
