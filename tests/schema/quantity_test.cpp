#include "schema/text/quantity.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace ingot::quantity_test {
namespace {

TEST(quantity, reads_sizes_with_decimal_and_binary_units) {
  EXPECT_EQ(parse_size("500 GB"), 500'000'000'000U);
  EXPECT_EQ(parse_size("64MiB"), 67'108'864U);
  EXPECT_EQ(parse_size("0"), 0U);
  for (const char* bad : {"", "5", "GB", "5 gb", "-1 B", "1.5 GB", "99999999 TB", "5  GB", "5 GB "})
    EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
  EXPECT_EQ(parse_rate("200 MB/s"), 200'000'000U);
  EXPECT_EQ(parse_rate("200 MB"), std::nullopt);
}

TEST(quantity, reads_durations) {
  EXPECT_EQ(parse_duration("90s"), Seconds(90));
  EXPECT_EQ(parse_duration("14d"), Seconds(14 * 86'400));
  for (const char* bad : {"", "s", "5", "5w", "-5s", "1.5h", "99999999d"}) EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
}

TEST(quantity, refuses_times_that_are_not_plain_utc) {
  for (const char* bad : {"", "2026-02-30T00:00:00Z", "2026-11-23T02:00:00+00:00", "2026-11-23 02:00:00Z", "2026-11-23T24:00:00Z",
                          "1969-12-31T23:59:59Z", "2026-11-23T02:00:00.5Z", "2026-11-23t02:00:00z"}) {
    EXPECT_EQ(parse_time(bad), std::nullopt) << bad;
  }
}

RC_GTEST_PROP(quantity, reads_back_the_times_and_durations_it_writes, ()) {
  const Time time{Seconds(*rc::gen::inRange<std::int64_t>(0, 253'402'300'799))};
  RC_ASSERT(parse_time(time_text(time)) == time);
  const Seconds duration(*rc::gen::inRange<std::int64_t>(0, std::int64_t{100} * 365 * 86'400));
  RC_ASSERT(parse_duration(duration_text(duration)) == duration);
}

TEST(quantity, writes_sizes_for_people) {
  EXPECT_EQ(size_text(980), "980 B");
  EXPECT_EQ(size_text(4'100'000'000), "4.1 GB");
  EXPECT_EQ(size_text(212'000'000), "212 MB");
}

}  // namespace
}  // namespace ingot::quantity_test
