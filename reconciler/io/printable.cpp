#include "reconciler/io/printable.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

#include "schema/text/utf8.hpp"

namespace ingot::io {

namespace {

/// Could change what a reader sees of the rest of the line.
bool is_harmful(std::uint32_t value) {
  if (value < 0x20 || (value >= 0x7F && value < 0xA0)) return true;        // C0, DEL, C1
  if (value == 0x061C || value == 0x200E || value == 0x200F) return true;  // directional marks
  return (value >= 0x2028 && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069) || value == 0xFEFF;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (;;) {
    const auto plain = std::find_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; });
    safe.append(text.begin(), plain);
    text.remove_prefix(static_cast<std::size_t>(plain - text.begin()));
    if (text.empty()) return safe;
    const auto [value, length] = first_character(text);
    const std::size_t taken = length == 0 ? 1 : length;
    if (length != 0 && !is_harmful(value)) {
      safe.append(text.substr(0, taken));
    } else {
      for (const char byte : text.substr(0, taken)) safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    }
    text.remove_prefix(taken);
  }
}

}  // namespace ingot::io
