// Bytes that packing makes no smaller.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace ingot::testing_support {

/// The same for the same number of bytes.
inline std::string noise(std::size_t bytes) {
  std::mt19937_64 random(11);
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i + 8 <= bytes; i += 8) {
    const std::uint64_t value = random();
    text.replace(i, 8, std::string(reinterpret_cast<const char*>(&value), 8));
  }
  return text;
}

}  // namespace ingot::testing_support
