// A TOML text as plain values with places, in the order of the text. What reads it needs no TOML library.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace ingot {

/// A place in a text: line and column from 1, columns in Unicode code points; 0 where there is none.
struct TextPlace {
  int line = 0;
  int column = 0;
  auto operator<=>(const TextPlace&) const = default;
  bool operator==(const TextPlace&) const = default;
};

struct TomlEntry;
struct TomlValue;

/// A date, a time or both; no key of ingot's takes one.
struct TomlTime {};
using TomlList = std::vector<TomlValue>;
/// A table's entries, sorted by the place of their keys.
struct TomlTable {
  std::vector<TomlEntry> entries;
};

struct TomlValue {
  std::variant<std::string, std::int64_t, double, bool, TomlTime, TomlList, TomlTable> value;
  TextPlace at;  ///< of the value; of the header for [tables] and [[elements]]
};

struct TomlEntry {
  std::string key;
  TextPlace at;  ///< of the key
  TomlValue value;
};

}  // namespace ingot
