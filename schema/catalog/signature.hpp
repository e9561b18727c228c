// One signature of a signed document.
#pragma once

#include <cstddef>
#include <string>

namespace ingot {

/// More signatures than these nobody looks at.
inline constexpr std::size_t most_signatures = 16;

struct Signature {
  std::string key_id;  ///< a hint, never trusted
  std::string bytes;   ///< raw
  bool operator==(const Signature&) const = default;
};

}  // namespace ingot
