#include "schema/nearest.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "schema/names.hpp"

namespace ingot {

namespace {

/// Edits that make one word of the other: a character more, less or other, or two neighbours swapped. Three rows at a time.
std::size_t distance(const std::string& one, const std::string& other) {
  std::vector<std::size_t> before(other.size() + 1);
  std::vector<std::size_t> row(other.size() + 1);
  std::vector<std::size_t> next(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= one.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t changed = row[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
      next[j] = std::min({changed, row[j] + 1, next[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
      if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before.swap(row);
    row.swap(next);
  }
  return row.back();
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t most_candidates = 10'000;
  const std::string folded = fold_case(word);
  std::optional<std::string> found;
  std::size_t best = std::numeric_limits<std::size_t>::max();
  for (std::size_t i = 0; i < std::min(candidates.size(), most_candidates); ++i) {
    const std::string candidate = fold_case(candidates[i]);
    const auto [shorter, longer] = std::minmax({candidate.size(), folded.size()});
    const std::size_t allowed = std::max<std::size_t>(1, longer / 3);
    if (longer - shorter > allowed || longer - shorter >= best) continue;
    const std::size_t edits = distance(folded, candidate);
    if (edits <= allowed && edits < best) {
      best = edits;
      found = candidates[i];
    }
  }
  return found;
}

}  // namespace ingot
