// "Did you mean …": the candidate nearest to a misspelt word.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot {

/// The candidate with the smallest edit distance (ignoring case; neighbours swapped are one edit) if it is near enough
/// (at most a third of the longer word, at least one edit); nullopt otherwise. Ties: the first. Looks at no more than 10,000
/// candidates.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace ingot
