#include "schema/nearest.hpp"

#include <algorithm>
#include <numeric>

#include "schema/names.hpp"

namespace ingot {

namespace {

/// Levenshtein's distance, one row at a time.
std::size_t distance(const std::string& one, const std::string& other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= one.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t changed = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t most_candidates = 10'000;
  const std::string folded = fold_case(word);
  std::size_t best = std::max<std::size_t>(1, folded.size() / 3) + 1;
  std::optional<std::string> found;
  for (std::size_t i = 0; i < std::min(candidates.size(), most_candidates); ++i) {
    const std::string candidate = fold_case(candidates[i]);
    const std::size_t longer = std::max(candidate.size(), folded.size());
    if (longer - std::min(candidate.size(), folded.size()) >= best) continue;
    const std::size_t edits = distance(folded, candidate);
    if (edits < best) {
      best = edits;
      found = candidates[i];
    }
  }
  return found;
}

}  // namespace ingot
