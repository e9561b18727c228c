// Making deltas: any pair goes round; the same pair gives the same bytes; what is alike costs little.
#include "reconciler/delta/encoder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "schema/error.hpp"
#include "tests/delta/images.hpp"

namespace ingot::delta_encoder_test {
namespace {

using namespace delta_testing;

constexpr std::size_t mib = 1024 * 1024;

/// A base and changes of it: bytes changed, cut out, put in, moved; some of it noise, some of it runs.
std::pair<std::string, std::string> any_pair() {
  const auto seed = *rc::gen::inRange<unsigned>(0, 1'000'000);
  const auto size = *rc::gen::oneOf(rc::gen::inRange<std::size_t>(0, 100), rc::gen::inRange<std::size_t>(0, 60'000));
  std::string base = noise(size, seed);
  if (*rc::gen::arbitrary<bool>())
    for (char& byte : base) byte = static_cast<char>(byte & 3);
  std::string result = base;
  const auto changes = *rc::gen::inRange(0, 12);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, result.size() + 1);
    const auto length = *rc::gen::inRange<std::size_t>(0, 3000);
    switch (*rc::gen::inRange(0, 5)) {
      case 0: result.insert(at, noise(length, seed + 1)); break;
      case 1: result.erase(at, length); break;
      case 2: result += result.substr(at, length); break;
      case 3: result.insert(0, std::string(length, '\0')); break;
      default:
        for (std::size_t k = at; k < std::min(result.size(), at + length); k += 13) result[k] = static_cast<char>(result[k] + 1);
    }
  }
  return {base, result};
}

RC_GTEST_PROP(Encoder, any_pair_goes_round, ()) {
  const auto [base, result] = any_pair();
  RC_ASSERT(apply_delta(base, make(base, result)) == result);
  RC_ASSERT(apply_delta(result, make(result, base)) == base);
}

TEST(Encoder, empty_images_go_round) {
  EXPECT_EQ(apply_delta("", make("", "")), "");
  EXPECT_EQ(apply_delta("abc", make("abc", "")), "");
  EXPECT_EQ(apply_delta("", make("", "abc")), "abc");
}

TEST(Encoder, gives_the_same_bytes_with_any_number_of_threads) {
  const std::string base = noise(3 * mib, 1) + std::string(2 * mib, 'z') + noise(13 * mib, 2);
  std::string result = base.substr(5) + noise(mib / 2, 3);
  for (std::size_t i = 0; i < result.size(); i += 100'003) result.insert(i, "in between");
  const std::string made = make(base, result, 1);
  EXPECT_EQ(apply_delta(base, made, mib), result);
  EXPECT_EQ(make(base, result, 2), made);
  EXPECT_EQ(make(base, result, 8), made);
}

TEST(Encoder, an_image_that_is_the_same_costs_next_to_nothing) {
  const std::string image = noise(9 * mib, 1);
  EXPECT_LT(make(image, image).size(), 1000U);
}

TEST(Encoder, changes_of_a_large_image_cost_what_they_are) {
  const std::string base = noise(18 * mib, 1);
  std::string result = base;
  const std::string written = noise(4096, 2);
  for (std::size_t i = 0; i < 10; ++i) result.replace((i + 5) * mib + 4096 * i, written.size(), written);
  const std::string made = make(base, result, 2);
  EXPECT_EQ(apply_delta(base, made, mib), result);
  EXPECT_LT(made.size(), 11 * written.size());
}

TEST(Encoder, what_moved_in_a_large_image_is_found) {
  const std::string base = noise(18 * mib, 1);
  const std::string result = base.substr(12 * mib) + "x" + base.substr(0, 12 * mib);
  const std::string made = make(base, result);
  EXPECT_EQ(apply_delta(base, made, mib), result);
  EXPECT_LT(made.size(), 10'000U);
}

/// As in a program that is linked anew: every 20 bytes an address that moved by the same distance.
TEST(Encoder, addresses_that_moved_by_one_distance_cost_little) {
  std::string base = noise(mib, 1);
  std::string result = base;
  for (std::size_t i = 0; i + 20 < base.size(); i += 20)
    delta::put_little_endian(&result[i], delta::little_endian(&base[i], 4) + 0x1A0, 4);
  EXPECT_LT(make(base, result).size(), 5000U);
}

TEST(Encoder, what_a_callback_throws_ends_the_work) {
  const std::string base = noise(mib, 1);
  const auto stop = [] { throw Error(Fault::interrupted, "stop"); };
  const delta::Source image{image_of(base), reader(base)};
  EXPECT_THROW(delta::make_delta(image, image, {.may_go_on = stop}, [](std::string_view) {}), Error);
  EXPECT_THROW(delta::make_delta(image, image, {}, [&](std::string_view) { stop(); }), Error);
  const delta::Source broken{image_of(base), [&](std::uint64_t, std::span<char>) { stop(); }};
  const delta::Source other{image_of(base.substr(1)), reader(base)};
  EXPECT_THROW(delta::make_delta(broken, other, {.threads = 2}, [](std::string_view) {}), Error);
}

}  // namespace
}  // namespace ingot::delta_encoder_test
