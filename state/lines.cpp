#include "state/lines.hpp"

namespace ingot::state {

std::string write_lines(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) {
    for (const char c : item) {
      if (c == '\\')
        text += "\\\\";
      else if (c == '\n')
        text += "\\n";
      else
        text += c;
    }
    text += '\n';
  }
  return text;
}

std::optional<std::vector<std::string>> parse_lines(std::string_view text) {
  std::vector<std::string> items;
  std::string item;
  bool open = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    open = text[i] != '\n';
    if (!open) {
      items.push_back(std::move(item));
      item.clear();
    } else if (text[i] != '\\') {
      item += text[i];
    } else {
      if (++i == text.size() || (text[i] != 'n' && text[i] != '\\')) return std::nullopt;
      item += text[i] == 'n' ? '\n' : '\\';
    }
  }
  if (open) return std::nullopt;
  return items;
}

}  // namespace ingot::state
