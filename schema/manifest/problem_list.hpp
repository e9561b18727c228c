// Problems as they are found while a text is read, and the words that they are made of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/manifest/problem.hpp"
#include "schema/manifest/toml_tree.hpp"

namespace ingot {

/// More than this many are counted, not listed.
inline constexpr std::size_t most_problems = 10'000;

/// Where a thing stands: which file of those read, and where in it.
struct Spot {
  std::size_t file = 0;  ///< index into ProblemList::files
  TextPlace at{};
  bool operator==(const Spot&) const = default;
};

/// The files of a run, in the order of reading, and the problems found in them.
class ProblemList {
 public:
  /// `file` is how the user named it, or follows from that.
  std::size_t add_file(std::string file);
  const std::string& file(std::size_t index) const { return files_[index]; }

  void add(Spot spot, std::string code, std::string text, std::string mend);
  void add(Problem problem);

  bool empty() const noexcept { return problems_.empty(); }
  /// True if another problem would only be counted.
  bool full() const noexcept { return problems_.size() >= most_problems; }
  /// "images/db.toml:12:8"
  std::string place_text(const Spot& spot) const;
  /// All problems by file (in the order of reading) and place.
  Problems sorted() const;

 private:
  std::vector<std::string> files_{};
  Problems problems_;
  std::size_t more_ = 0;
};

/// `text` in double quotes, on one line, cut after 130 bytes (no name is longer).
std::string quoted(std::string_view text);
/// "\"a\", \"b\", \"c\""
std::string quoted_list(const std::vector<std::string>& texts);
/// "did you mean \"x\"?" or, where nothing is near, `otherwise`.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates, std::string otherwise);

}  // namespace ingot
