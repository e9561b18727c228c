// Words and sums that many sentences of a plan need.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::plan {

/// "1 image", "3 images".
std::string counted(std::uint64_t count, std::string_view noun);
/// "a, b, c".
std::string listed(const std::vector<std::string>& words);
/// "a, b, c and 3 more": all if there are at most `most`, which is 2 or more; else one fewer, with the count of the rest.
std::string some_listed(const std::vector<std::string>& words, std::size_t most);
/// A peer may claim any size: sums stop at the largest number.
std::uint64_t saturating_sum(std::uint64_t one, std::uint64_t other);

}  // namespace ingot::plan
