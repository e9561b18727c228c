#include "tests/support/case_line.hpp"

#include <charconv>

#include "tests/support/plan_case.hpp"

namespace ingot::testing_support {

std::uint64_t CaseLine::whole(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) throw BadCase("not a number: " + text);
  return value;
}

const std::string& CaseLine::word(std::size_t place) const {
  if (place >= words.size()) throw BadCase("a word is missing after \"" + (words.empty() ? "" : words.back()) + "\"");
  return words[place];
}

std::vector<std::string> split(std::string_view text, char by) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const auto to = std::min(text.find(by, from), text.size());
    if (to > from) parts.emplace_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

CaseLine read_line(std::string_view text) {
  CaseLine line;
  std::string word;
  bool quoted = false;
  const auto end_word = [&] {
    if (word.empty()) return;
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      line.words.push_back(word);
    else
      line.values[word.substr(0, equals)] = word.substr(equals + 1);
    word.clear();
  };
  for (const char c : text) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ' ' && !quoted)
      end_word();
    else
      word += c;
  }
  end_word();
  return line;
}

}  // namespace ingot::testing_support
