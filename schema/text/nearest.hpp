// "Did you mean …": the candidate nearest to a misspelt word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

/// Words that a misspelt one may have meant, asked for again and again. The work that all questions cost is bounded: what is
/// asked after that has no answer.
class NearWords {
 public:
  /// Looks at no more than 10,000 candidates.
  explicit NearWords(std::vector<std::string> candidates);
  /// The candidate with the smallest edit distance (ignoring case; neighbours swapped are one edit) if it is near enough
  /// (at most a third of the longer word, at least one edit) and not one of `but`; nullopt otherwise. Ties: the first.
  std::optional<std::string> nearest(std::string_view word, const std::set<std::string>& but = {});

 private:
  struct Candidate {
    std::string folded;
    std::uint64_t letters = 0;  ///< which characters are in it, as a set of 64
  };
  std::size_t distance(const std::string& one, const std::string& other, std::size_t most);

  std::vector<std::string> words_;
  std::vector<Candidate> candidates_;
  std::uint64_t work_left_;  ///< cells of the tables of edits
  std::vector<std::size_t> before_, row_, next_;
};

/// The same for one question.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace ingot
