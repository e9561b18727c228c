#include "schema/text/nearest.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

#include "schema/names.hpp"

namespace ingot {

namespace {

constexpr std::size_t most_candidates = 10'000;
/// Some 0.2 s; one question about 10,000 names of 20 characters costs 4 million at most.
constexpr std::uint64_t most_work = 50'000'000;

std::uint64_t letters_of(std::string_view word) {
  std::uint64_t letters = 0;
  for (const char c : word) letters |= std::uint64_t{1} << (static_cast<unsigned char>(c) & 0x3FU);
  return letters;
}

}  // namespace

NearWords::NearWords(std::vector<std::string> candidates) : words_(std::move(candidates)), work_left_(most_work) {
  words_.resize(std::min(words_.size(), most_candidates));
  candidates_.reserve(words_.size());
  for (const auto& word : words_) {
    std::string folded = fold_case(word);
    const std::uint64_t letters = letters_of(folded);
    candidates_.push_back({std::move(folded), letters});
  }
}

/// Edits that make one word of the other: a character more, less or other, or two neighbours swapped. Three rows at a time, and
/// no further once it is clear that there are more than `most`.
std::size_t NearWords::distance(const std::string& one, const std::string& other, std::size_t most) {
  before_.assign(other.size() + 1, 0);
  row_.resize(other.size() + 1);
  next_.resize(other.size() + 1);
  std::iota(row_.begin(), row_.end(), std::size_t{0});
  std::size_t least_before = 0;
  for (std::size_t i = 1; i <= one.size(); ++i) {
    next_[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t changed = row_[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
      next_[j] = std::min({changed, row_[j] + 1, next_[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
      if (swapped) next_[j] = std::min(next_[j], before_[j - 2] + 1);
      least = std::min(least, next_[j]);
    }
    work_left_ -= std::min<std::uint64_t>(work_left_, other.size() + 1);
    if (least > most && least_before > most) return least;  // a swap reaches back over one row
    least_before = least;
    before_.swap(row_);
    row_.swap(next_);
  }
  return row_.back();
}

std::optional<std::string> NearWords::nearest(std::string_view word, const std::set<std::string>& but) {
  if (work_left_ == 0) return std::nullopt;
  const std::string folded = fold_case(word);
  const std::uint64_t letters = letters_of(folded);
  std::optional<std::string> found;
  std::size_t best = std::numeric_limits<std::size_t>::max();
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const Candidate& candidate = candidates_[i];
    const auto [shorter, longer] = std::minmax({candidate.folded.size(), folded.size()});
    const std::size_t allowed = std::min(std::max<std::size_t>(1, longer / 3), best - 1);
    if (longer - shorter > allowed) continue;
    // An edit takes one character away and brings one at most.
    if (static_cast<std::size_t>(std::popcount(letters ^ candidate.letters)) > 2 * allowed) continue;
    if (but.contains(words_[i])) continue;
    if (work_left_ == 0) return std::nullopt;
    const std::size_t edits = distance(folded, candidate.folded, allowed);
    if (edits > allowed) continue;
    best = edits;
    found = words_[i];
    if (best == 0) break;
  }
  return found;
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  return NearWords(candidates).nearest(word);
}

}  // namespace ingot
