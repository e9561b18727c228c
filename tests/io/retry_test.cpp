#include "reconciler/io/net/retry.hpp"

#include <gtest/gtest.h>

namespace ingot::retry_test {
namespace {

using std::chrono::milliseconds;

TEST(retry, doubles_its_wait_with_jitter) {
  const io::RetryRules rules;
  EXPECT_EQ(io::wait_before_retry(rules, 1, {}, 0.0), milliseconds(250));
  EXPECT_EQ(io::wait_before_retry(rules, 1, {}, 0.5), milliseconds(500));
  EXPECT_EQ(io::wait_before_retry(rules, 2, {}, 0.5), milliseconds(1000));
  EXPECT_EQ(io::wait_before_retry(rules, 1, {}, 1.0), milliseconds(750));
}

TEST(retry, B15_does_what_the_server_asks_but_not_for_ever) {
  const io::RetryRules rules;
  EXPECT_EQ(io::wait_before_retry(rules, 1, Seconds(7), 0.9), milliseconds(7000));
  EXPECT_EQ(io::wait_before_retry(rules, 1, Seconds(1'000'000'000), 0.5), milliseconds(60'000));
  EXPECT_EQ(io::wait_before_retry(rules, 1, Seconds(INT64_MAX), 0.5), milliseconds(60'000));
  EXPECT_EQ(io::wait_before_retry(rules, 1, Seconds(0), 0.5), milliseconds(500));
  EXPECT_EQ(io::wait_before_retry(rules, 60, {}, 0.5), milliseconds(60'000));
}

}  // namespace
}  // namespace ingot::retry_test
