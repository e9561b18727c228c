#include "reconciler/plan/texts.hpp"

#include <limits>

#include <fmt/format.h>

namespace ingot::plan {

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string listed(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

std::string some_listed(const std::vector<std::string>& words, std::size_t most) {
  if (words.size() <= most) return listed(words);
  const auto shown = words.begin() + static_cast<std::ptrdiff_t>(most - 1);
  return fmt::format("{} and {} more", fmt::join(words.begin(), shown, ", "), words.end() - shown);
}

std::uint64_t saturating_sum(std::uint64_t one, std::uint64_t other) {
  constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
  return one > largest - other ? largest : one + other;
}

}  // namespace ingot::plan
