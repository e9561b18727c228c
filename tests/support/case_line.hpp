// A line of a case file, taken apart: words first, then `key=value` and flags.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::testing_support {

/// Quotes keep spaces together.
struct CaseLine {
  std::vector<std::string> words;
  std::map<std::string, std::string> values;

  bool has(const std::string& flag) const { return std::find(words.begin(), words.end(), flag) != words.end(); }
  std::string text(const std::string& key, std::string otherwise = "") const {
    const auto found = values.find(key);
    return found == values.end() ? std::move(otherwise) : found->second;
  }
  std::uint64_t number(const std::string& key, std::uint64_t otherwise) const {
    const auto found = values.find(key);
    return found == values.end() ? otherwise : whole(found->second);
  }
  /// Throws BadCase.
  static std::uint64_t whole(const std::string& text);
  const std::string& word(std::size_t place) const;
};

CaseLine read_line(std::string_view text);
/// The parts of a text that are not empty.
std::vector<std::string> split(std::string_view text, char by);

}  // namespace ingot::testing_support
