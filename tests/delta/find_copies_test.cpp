// The suffix array against a plain search, and the blocks that are the same.
#include "reconciler/delta/find_copies.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "reconciler/delta/same_blocks.hpp"
#include "tests/delta/images.hpp"

namespace ingot::find_copies_test {
namespace {

using namespace delta_testing;

std::size_t longest_by_hand(std::string_view base, std::string_view wanted) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < base.size(); ++i) best = std::max(best, delta::common_length(base.substr(i), wanted));
  return best < 8 ? 0 : best;
}

RC_GTEST_PROP(SuffixIndex, finds_the_longest_match, (unsigned seed)) {
  const auto size = *rc::gen::inRange<std::size_t>(0, 400);
  const auto letters = *rc::gen::inRange(1, 5);
  const auto few = [&](std::size_t count, unsigned with) {
    std::string bytes = noise(count, with);
    for (char& byte : bytes) byte = static_cast<char>(static_cast<unsigned char>(byte) % letters + 250);
    return bytes;
  };
  const std::string base = few(size, seed);
  const std::string wanted = few(*rc::gen::inRange<std::size_t>(0, 60), seed + 1);
  delta::SuffixIndex index;
  index.build(base);
  const auto match = index.longest(wanted);
  RC_ASSERT(match.length == longest_by_hand(base, wanted));
  RC_ASSERT(match.length == 0 || base.substr(match.at, match.length) == wanted.substr(0, match.length));
}

RC_GTEST_PROP(FindCopies, gives_copies_in_order_inside_both, (unsigned seed)) {
  const std::string base = noise(*rc::gen::inRange<std::size_t>(0, 5000), seed);
  const std::string bytes =
      base.substr(base.size() / 3) + noise(*rc::gen::inRange<std::size_t>(0, 500), seed + 1) + base.substr(0, base.size() / 2);
  delta::SuffixIndex index;
  index.build(base);
  std::uint64_t end = 0;
  for (const delta::Copy& copy : delta::find_copies(index, bytes)) {
    RC_ASSERT(copy.to >= end && copy.length > 0);
    end = copy.to + copy.length;
    RC_ASSERT(end <= bytes.size() && copy.from + copy.length <= base.size());
  }
}

RC_GTEST_PROP(SameBlocks, gives_copies_that_are_the_same, (unsigned seed)) {
  std::string base = noise(*rc::gen::inRange<std::size_t>(0, 200'000), seed);
  if (*rc::gen::arbitrary<bool>()) base.insert(base.size() / 2, std::string(50'000, '\0'));
  std::string bytes = base;
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size() + 1);
    if (*rc::gen::arbitrary<bool>())
      bytes.insert(at, noise(*rc::gen::inRange<std::size_t>(0, 9000), seed + 1));
    else
      bytes = bytes.substr(at) + bytes.substr(0, at);
  }
  delta::Window old(reader(base), 0, base.size());
  delta::Window fresh(reader(bytes), 0, bytes.size());
  std::uint64_t end = 0;
  std::uint64_t covered = 0;
  delta::find_same_blocks(old, fresh, [&](const delta::Copy& copy) {
    RC_ASSERT(copy.to >= end && copy.length > 0);
    RC_ASSERT(bytes.compare(copy.to, copy.length, base, copy.from, copy.length) == 0);
    end = copy.to + copy.length;
    covered += copy.length;
  });
  // A change costs two blocks around it, and up to 9,000 new bytes.
  RC_ASSERT(covered + 6 * (9000 + 3 * 4096) >= bytes.size());
}

TEST(SameBlocks, has_at_most_four_million_blocks) {
  EXPECT_EQ(delta::block_length(0), 4096U);
  EXPECT_EQ(delta::block_length(std::uint64_t{16} << 30U), 4096U);
  EXPECT_EQ(delta::block_length((std::uint64_t{16} << 30U) + 1), 8192U);
  for (const std::uint64_t size : {std::uint64_t{1} << 34U, (std::uint64_t{1} << 34U) + 4096, (std::uint64_t{1} << 40U) - 1})
    EXPECT_LE(size / delta::block_length(size), std::uint64_t{1} << 22U) << size;
  EXPECT_EQ(delta::block_length(std::uint64_t{1} << 46U), std::uint64_t{1} << 24U);
}

}  // namespace
}  // namespace ingot::find_copies_test
