#include "schema/text/base64.hpp"

#include <array>
#include <cstdint>

namespace ingot {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t not_base64 = 0xFF;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(not_base64);
  for (std::size_t i = 0; i < alphabet.size(); ++i) digits[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return digits;
}

constexpr std::array<std::uint8_t, 256> digits = make_digits();

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = bytes.size() - at < 3 ? bytes.size() - at : 3;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8U | (i < count ? static_cast<std::uint8_t>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) text += i <= count ? alphabet[group >> (18U - 6U * i) & 63U] : '=';
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  for (std::size_t at = 0; at < text.size() - padding; ++at) {
    const std::uint8_t digit = digits[static_cast<std::uint8_t>(text[at])];
    if (digit == not_base64) return std::nullopt;
    group = group << 6U | digit;
    if (at % 4 == 0) continue;
    const unsigned shift = static_cast<unsigned>(6 - 2 * (at % 4));
    bytes += static_cast<char>(group >> shift & 0xFFU);
  }
  const std::uint32_t left_over = padding == 2 ? group & 15U : padding == 1 ? group & 3U : 0U;
  if (left_over != 0) return std::nullopt;
  return bytes;
}

}  // namespace ingot
