#include "schema/digest.hpp"

namespace ingot {

namespace {

constexpr std::string_view prefix = "sha256:";

constexpr std::uint8_t not_hex = 0xFF;

/// Value of each byte as a hex digit. A table, as a catalog holds hundreds of thousands of digests.
constexpr std::array<std::uint8_t, 256> hex_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(not_hex);
  for (std::uint8_t i = 0; i < 10; ++i) values[static_cast<std::size_t>('0') + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i) values[static_cast<std::size_t>('a') + i] = static_cast<std::uint8_t>(10 + i);
  return values;
}();

std::uint8_t hex_value(char c) { return hex_values[static_cast<std::uint8_t>(c)]; }

}  // namespace

std::optional<Digest> Digest::parse(std::string_view text) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return parse_hex(text.substr(prefix.size()));
}

std::optional<Digest> Digest::parse_hex(std::string_view hex) {
  Digest digest;
  if (hex.size() != digest.bytes.size() * 2) return std::nullopt;
  const char* const digits = hex.data();
  std::uint8_t seen = 0;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    const std::uint8_t high = hex_value(digits[2 * i]);
    const std::uint8_t low = hex_value(digits[2 * i + 1]);
    seen = static_cast<std::uint8_t>(seen | high | low);
    digest.bytes[i] = static_cast<std::uint8_t>(unsigned{high} << 4U | (unsigned{low} & 15U));
  }
  if (seen > 15) return std::nullopt;
  return digest;
}

std::string Digest::hex() const {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::string Digest::text() const { return std::string(prefix) + hex(); }

}  // namespace ingot
