// Windows by the local time of a machine whose clock changes.
#include "reconciler/io/clock.hpp"

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "schema/manifest/window.hpp"

namespace ingot::clock_test {
namespace {

using namespace std::chrono;

/// Central Europe, by a rule that needs no time zone files: forward on 2026-03-29 at 01:00 UTC, back on 2026-10-25 at 01:00 UTC.
class ChangingClock : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* before = std::getenv("TZ")) before_ = before;
    ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    ::tzset();
  }
  void TearDown() override {
    if (before_)
      ::setenv("TZ", before_->c_str(), 1);
    else
      ::unsetenv("TZ");
    ::tzset();
  }
  bool open(const std::string& window, sys_days day, minutes utc) {
    return is_open({parse_window(window).value()}, clock_.local_minute(Time(day + utc)));
  }

 private:
  io::SystemClock clock_;
  std::optional<std::string> before_;
};

constexpr sys_days spring = year{2026} / 3 / 29, autumn = year{2026} / 10 / 25;
constexpr minutes before_one{59}, one{60}, before_two{119}, two{120};

TEST_F(ChangingClock, leaves_an_hour_out_when_it_goes_forward) {
  EXPECT_FALSE(open("Sun 02:00-03:00", spring, before_one)) << "01:59";
  EXPECT_FALSE(open("Sun 02:00-03:00", spring, one)) << "03:00: there was no 02:00";
  EXPECT_TRUE(open("Sun 01:00-04:00", spring, one));
  EXPECT_TRUE(open("Sat 22:00-05:00", spring, before_two)) << "03:59";
  EXPECT_TRUE(open("Sat 22:00-05:00", spring, minutes{179})) << "04:59";
  EXPECT_FALSE(open("Sat 22:00-05:00", spring, minutes{180})) << "05:00 by the clock on the wall";
}

TEST_F(ChangingClock, has_an_hour_twice_when_it_goes_back) {
  EXPECT_TRUE(open("Sun 02:00-03:00", autumn, minutes{0})) << "02:00";
  EXPECT_TRUE(open("Sun 02:00-03:00", autumn, before_one)) << "02:59";
  EXPECT_TRUE(open("Sun 02:00-03:00", autumn, one)) << "02:00 again";
  EXPECT_TRUE(open("Sun 02:00-03:00", autumn, before_two)) << "02:59 again";
  EXPECT_FALSE(open("Sun 02:00-03:00", autumn, two)) << "03:00";
  EXPECT_TRUE(open("Sat 22:00-05:00", autumn, minutes{239})) << "04:59";
  EXPECT_FALSE(open("Sat 22:00-05:00", autumn, minutes{240})) << "05:00";
}

}  // namespace
}  // namespace ingot::clock_test
