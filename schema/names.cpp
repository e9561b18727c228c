#include "schema/names.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ingot {

namespace {

bool is_name_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

std::optional<std::string> why_not_a_name(std::string_view text, bool dots_allowed) {
  if (text.empty()) return "is empty";
  if (text.size() > longest_name) return fmt::format("is {} bytes long, more than {}", text.size(), longest_name);
  if (text.front() == '.' || text.front() == '-') return fmt::format("must not start with \"{}\"", text.front());
  if (!std::all_of(text.begin(), text.end(), is_name_character)) return "may only hold A-Z a-z 0-9 . _ -";
  if (!dots_allowed && text.find('.') != std::string_view::npos)
    return "must not hold a \".\" (names of servers, peers and exports)";
  return std::nullopt;
}

std::string fold_case(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

}  // namespace ingot
