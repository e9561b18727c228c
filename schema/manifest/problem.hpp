// A mistake of the user's in a text (manifest, card), with its place. All problems of a run are reported together.
#pragma once

#include <string>
#include <vector>

namespace ingot {

/// Where an entry of the manifest stands: file relative to the root manifest's folder, line of its header (from 1).
struct At {
  std::string file{};
  int line = 0;

  bool operator==(const At&) const = default;
  auto operator<=>(const At&) const = default;
  /// "ingot.toml:41"
  std::string text() const;
};

/// One mistake. `line` and `column` count from 1, columns in Unicode code points; 0 where there is no place.
struct Problem {
  std::string file{};  ///< as the user named it
  int line = 0;
  int column = 0;
  std::string code{};  ///< stable kebab-case word, e.g. "unknown-key"
  std::string text{};  ///< what is wrong
  std::string mend{};  ///< how to mend it

  bool operator==(const Problem&) const = default;
  /// "file:line:column: text; mend"
  std::string line_text() const;
};

using Problems = std::vector<Problem>;

}  // namespace ingot
