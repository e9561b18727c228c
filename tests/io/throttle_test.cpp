#include "reconciler/io/net/throttle.hpp"

#include <csignal>

#include <gtest/gtest.h>

#include "reconciler/io/interrupt.hpp"
#include "schema/error.hpp"
#include "tests/support/fake_clock.hpp"

namespace ingot::throttle_test {
namespace {

using std::chrono::milliseconds;
using testing_support::FakeClock;

TEST(throttle, passes_no_more_than_its_rate) {
  FakeClock clock;
  io::Throttle throttle(clock, 1000);
  for (int i = 0; i < 100; ++i) throttle.take(100);
  EXPECT_GE(clock.slept(), milliseconds(9500));  // 10,000 bytes at 1,000 a second, less one burst
  EXPECT_LE(clock.slept(), milliseconds(10'200));
}

TEST(throttle, without_a_rate_never_waits) {
  FakeClock clock;
  io::Throttle throttle(clock, std::nullopt);
  throttle.take(UINT64_MAX);
  EXPECT_EQ(clock.slept(), milliseconds(0));
}

TEST(throttle, R31_who_may_not_go_on_does_not_wait_for_its_turn) {
  FakeClock clock;
  io::Throttle throttle(clock, 1);
  int asked = 0;
  EXPECT_THROW(throttle.take(1'000'000,
                             [&] {
                               if (++asked == 3) throw Error(Fault::interrupted, "the deadline");
                             }),
               Error);
  EXPECT_LE(clock.slept(), milliseconds(200));
}

TEST(throttle, idle_time_is_made_up_for_only_a_little) {
  FakeClock clock;
  io::Throttle throttle(clock, 1000);
  clock.sleep_for(std::chrono::hours(1));
  const auto before = clock.slept();
  throttle.take(10'000);
  EXPECT_GE(clock.slept() - before, milliseconds(9500));
}

TEST(throttle, survives_rates_at_the_edges) {
  FakeClock clock;
  io::Throttle(clock, 0).take(2);
  EXPECT_GE(clock.slept(), milliseconds(1500));
  io::Throttle(clock, UINT64_MAX).take(UINT64_MAX / 2);
}

TEST(throttle, wakes_for_an_interrupt) {
  FakeClock clock;
  clock.on_sleep = [] { io::pretend_interrupted(SIGTERM); };
  io::Throttle throttle(clock, 1);
  try {
    throttle.take(1'000'000);
    ADD_FAILURE() << "not interrupted";
  } catch (const Error& error) { EXPECT_EQ(error.fault(), Fault::terminated); }
  io::pretend_interrupted(0);
  EXPECT_LE(clock.slept(), milliseconds(100));
}

}  // namespace
}  // namespace ingot::throttle_test
