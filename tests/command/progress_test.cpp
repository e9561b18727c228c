#include "reconciler/show/run/progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::progress_test {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

const show::SteadyTime zero{};
Address copy_of(const std::string& name) { return copy_address(ServerName::of("fpps-2"), ImageName::of(name)); }

show::ProgressState running() {
  show::ProgressState state;
  state.begin(12, zero);
  state.start(copy_of("db19_25"), Verb::copy, 0, zero);
  state.progress({.address = copy_of("db19_25"),
                  .verb = Verb::copy,
                  .done = 1'200'000'000,
                  .total = 4'000'000'000,
                  .fetched = 1'200'000'000});
  state.start(copy_of("x"), Verb::copy, 500, zero);
  state.start(peer_address(ServerName::of("fpps-3")), Verb::register_, 0, zero);
  return state;
}

TEST(progress, shows_a_bar_a_rate_and_the_time_left_of_each_and_the_whole) {
  EXPECT_THAT(show::progress_lines(running(), zero + seconds(12), 100, 10),
              ElementsAre("copy fpps-2.db19_25 [=========>                    ]  30%  1.2 GB of 4.0 GB   100 MB/s  0:28",
                          "copy fpps-2.x       [>                             ]   0%     0 B of 500 B  ",
                          "0 of 12 done, 3 running, 0:12"));
}

TEST(progress, a_narrow_terminal_gets_no_bar_and_no_line_is_too_wide) {
  for (const int width : {20, 40, 59, 60, 79, 200}) {
    for (const auto& line : show::progress_lines(running(), zero + seconds(12), width, 10))
      EXPECT_LE(line.size(), static_cast<std::size_t>(width)) << line;
  }
}

TEST(progress, more_than_fit_are_counted) {
  show::ProgressState state;
  state.begin(30, zero);
  for (int i = 0; i < 20; ++i) state.start(copy_of("i" + std::to_string(i)), Verb::copy, 100, zero);
  const auto lines = show::progress_lines(state, zero + seconds(1), 80, 4);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines.back(), "0 of 30 done, 20 running (17 not shown), 0:01");
}

TEST(progress, what_an_earlier_run_fetched_is_no_speed_of_this_one) {
  show::ProgressState state;
  state.begin(1, zero);
  state.start(copy_of("a"), Verb::copy, 0, zero);
  state.progress({.address = copy_of("a"), .verb = Verb::copy, .done = 900, .total = 1000, .fetched = 100});
  EXPECT_DOUBLE_EQ(show::rate_of(state.running().at("copy.fpps-2.a"), zero + seconds(10)), 10.0);
}

TEST(progress, bytes_of_a_segment_count_before_it_is_whole) {
  show::ProgressState state;
  state.begin(1, zero);
  state.start(copy_of("a"), Verb::copy, 3'000'000, zero);
  state.progress({.address = copy_of("a"), .verb = Verb::copy, .done = 0, .total = 3'000'000, .fetched = 1'500'000});
  EXPECT_THAT(show::progress_lines(state, zero + seconds(3), 79, 10).front(), testing::HasSubstr(" 50%  1.5 MB of 3.0 MB"));
  state.progress({.address = copy_of("a"), .verb = Verb::copy, .done = 0, .total = 3'000'000, .fetched = 4'500'000});
  EXPECT_THAT(show::progress_lines(state, zero + seconds(3), 79, 10).front(), testing::HasSubstr("100%  3.0 MB of 3.0 MB"))
      << "a segment that came twice counts once";
}

TEST(progress, a_resumed_copy_begins_where_it_stopped_and_its_time_left_is_by_the_speed_of_this_run) {
  show::ProgressState state;
  state.begin(1, zero);
  state.start(copy_of("a"), Verb::copy, 1'000'000'000, zero);
  state.progress({.address = copy_of("a"), .verb = Verb::copy, .done = 800'000'000, .total = 1'000'000'000, .fetched = 0});
  state.progress(
      {.address = copy_of("a"), .verb = Verb::copy, .done = 900'000'000, .total = 1'000'000'000, .fetched = 100'000'000});
  EXPECT_THAT(show::progress_lines(state, zero + seconds(100), 100, 10).front(),
              testing::HasSubstr(" 90%  900 MB of 1.0 GB   1.0 MB/s  1:40"));
}

TEST(progress, a_long_name_loses_its_middle_and_keeps_the_numbers) {
  show::ProgressState state;
  state.begin(1, zero);
  state.start(copy_of("a-very-long-name-of-an-image-that-nobody-can-remember_19_25"), Verb::copy, 500, zero);
  const auto line = show::progress_lines(state, zero + seconds(1), 79, 10).front();
  EXPECT_THAT(line, testing::StartsWith("copy fpps-2.a-ve...member_19_25 "));
  EXPECT_THAT(line, testing::HasSubstr("0 B of 500 B"));
}

TEST(progress, ends_are_counted_and_failures_apart) {
  show::ProgressState state = running();
  state.end(copy_of("x"), Done{});
  state.end(copy_of("db19_25"), Failed{Code::unreachable, "gone"});
  EXPECT_EQ(show::heartbeat_line(state, zero + seconds(61)), "1 of 12 done, 1 failed, 1 running, 1:01");
}

TEST(progress, a_heartbeat_names_what_is_running) {
  EXPECT_EQ(show::heartbeat_line(running(), zero + seconds(30)),
            "0 of 12 done, 3 running, 0:30; copy.fpps-2.db19_25 1.2 GB of 4.0 GB; copy.fpps-2.x 0 B of 500 B");
}

TEST(progress, an_ended_action_is_one_line) {
  const auto line = [](Outcome outcome) {
    return show::ended_line({.address = copy_of("a"),
                             .verb = Verb::copy,
                             .outcome = std::move(outcome),
                             .size = 4'100'000'000,
                             .fetched = 212'000'000},
                            show::Style(false));
  };
  EXPECT_EQ(line(Done{}), "done    copy copy.fpps-2.a, 4.1 GB (212 MB fetched)");
  EXPECT_EQ(line(Failed{Code::unreachable, "it \x1b went"}), "failed  copy copy.fpps-2.a: unreachable: it \\x1b went");
  EXPECT_EQ(line(Skipped{"interrupted"}), "skipped copy copy.fpps-2.a: interrupted");
}

}  // namespace
}  // namespace ingot::progress_test
