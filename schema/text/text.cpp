#include "schema/text/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

#include "schema/text/utf8.hpp"

namespace ingot {

namespace {

constexpr std::size_t longest_excerpt = 60;

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

/// Whether the eight bytes of a word are all printable ASCII (0x20-0x7E).
bool are_plain(std::uint64_t word) {
  constexpr std::uint64_t high = 0x8080808080808080U;
  constexpr std::uint64_t ones = 0x0101010101010101U;
  const std::uint64_t below_space = word - ones * 0x20U;
  const std::uint64_t delete_or_above = word + ones;  // 0x7F becomes 0x80
  return ((word | below_space | delete_or_above) & high) == 0;
}

template <class Word>
Word load(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// Whether all of `text` is printable ASCII, as nearly all text is. Looks at some bytes twice rather than at single ones.
bool is_plain(std::string_view text) {
  const std::size_t size = text.size();
  const char* const begin = text.data();
  if (size < 4) return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (size < 8) return are_plain(std::uint64_t{load<std::uint32_t>(begin)} << 32U | load<std::uint32_t>(begin + size - 4));
  for (std::size_t at = 0; at + 8 < size; at += 8) {
    if (!are_plain(load<std::uint64_t>(begin + at))) return false;
  }
  return are_plain(load<std::uint64_t>(begin + size - 8));
}

bool is_control(std::string_view text, std::size_t at) {
  const std::uint8_t byte = byte_at(text, at);
  return byte < 0x20U || byte == 0x7FU || (byte == 0xC2U && at + 1 < text.size() && byte_at(text, at + 1) < 0xA0U);
}

}  // namespace

bool is_text(std::string_view text, std::size_t longest) {
  return text.size() <= longest && (is_plain(text) || !why_not_a_text(text, longest));
}

std::optional<std::string> why_not_a_text(std::string_view text, std::size_t longest) {
  if (text.size() > longest) return fmt::format("is {} bytes long, more than {}", text.size(), longest);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = first_character(text.substr(at)).length;
    if (length == 0) return "is not valid UTF-8";
    if (is_control(text, at)) return "holds a control character";
    at += length;
  }
  return std::nullopt;
}

std::string excerpt(std::string_view text) {
  std::string shown = "\"";
  std::size_t at = 0;
  while (at < text.size() && at < longest_excerpt) {
    const std::size_t length = first_character(text.substr(at)).length;
    if (length == 0 || is_control(text, at) || text[at] == '"' || text[at] == '\\') {
      shown += fmt::format("\\x{:02X}", byte_at(text, at));
      ++at;
    } else {
      shown += text.substr(at, length);
      at += length;
    }
  }
  return shown + (at < text.size() ? "\"…" : "\"");
}

}  // namespace ingot
