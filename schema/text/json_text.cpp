#include "schema/text/json_text.hpp"

#include <array>

#include <fmt/format.h>

namespace ingot {

namespace {

bool needs_escape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20U; }

}  // namespace

void append_text(std::string& line, std::string_view text) {
  line += '"';
  for (std::size_t from = 0; from < text.size();) {
    std::size_t to = from;
    while (to < text.size() && !needs_escape(text[to])) ++to;
    line.append(text, from, to - from);
    if (to < text.size()) {
      if (text[to] == '"' || text[to] == '\\') {
        line += '\\';
        line += text[to];
      } else {
        line += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(text[to])));
      }
    }
    from = to + 1;
  }
  line += '"';
}

void append_number(std::string& line, std::uint64_t number) {
  const fmt::format_int digits(number);
  line.append(digits.data(), digits.size());
}

void append_digest(std::string& line, const Digest& digest) {
  static constexpr std::string_view hex = "0123456789abcdef";
  std::array<char, 64> text{};
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    text[2 * i] = hex[digest.bytes[i] >> 4U];
    text[2 * i + 1] = hex[digest.bytes[i] & 15U];
  }
  line += "\"sha256:";
  line.append(text.data(), text.size());
  line += '"';
}

std::string digest_or_null(const std::optional<Digest>& digest) {
  if (!digest) return "null";
  std::string text;
  append_digest(text, *digest);
  return text;
}

}  // namespace ingot
