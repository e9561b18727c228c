// TOML 1.0 text → plain values, or what is wrong with it. The one place that knows the TOML library.
#pragma once

#include <cstddef>
#include <string_view>

#include "schema/manifest/problem_list.hpp"
#include "schema/manifest/toml_tree.hpp"

namespace ingot {

/// Bounds of one text; the TOML library never sees what is past them.
inline constexpr std::size_t most_key_parts = 64;  ///< of a dotted key or a table header
inline constexpr std::size_t deepest_value = 32;   ///< nested arrays and inline tables
inline constexpr std::size_t most_toml_values = 2'000'000;
inline constexpr std::size_t most_syntax_problems = 20;  ///< after these the rest of the text is not looked at

struct ParsedToml {
  TomlTable root;
  /// False if something was left out because it could not be read: then what is missing proves nothing.
  bool whole = true;
};

/// Reads `text`, which is at most `largest` bytes. A statement that is wrong is reported and left out, and the rest is read.
ParsedToml parse_toml(std::string_view text, std::size_t file, std::size_t largest, ProblemList& problems);

}  // namespace ingot
