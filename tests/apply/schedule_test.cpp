#include "reconciler/apply/schedule.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>

#include <gtest/gtest.h>

namespace ingot::schedule_test {
namespace {

Digest digest_of(std::uint8_t number) {
  Digest digest;
  digest.bytes[0] = number;
  return digest;
}

apply::CopyTask task(std::size_t action, const char* peer = "oslo", std::uint64_t segments = 100) {
  return {.action = action,
          .peer = ServerName::of(peer),
          .digest = digest_of(static_cast<std::uint8_t>(action)),
          .segments = segments};
}

TEST(turns, come_in_the_plans_order) {
  apply::Turns turns({task(0), task(1), task(2)}, 8, {});
  EXPECT_EQ(turns.next()->task.action, 0U);
  EXPECT_EQ(turns.next()->task.action, 1U);
  EXPECT_EQ(turns.next()->task.action, 2U);
  EXPECT_EQ(turns.next(), std::nullopt);
  EXPECT_TRUE(turns.all_begun());
}

TEST(turns, share_all_connections_among_few_images) {
  apply::Turns turns({task(0), task(1), task(2)}, 8, {});
  EXPECT_EQ(turns.next()->connections, 2U);
  EXPECT_EQ(turns.next()->connections, 3U);
  EXPECT_EQ(turns.next()->connections, 3U);
}

TEST(turns, give_one_connection_each_to_many_images) {
  std::vector<apply::CopyTask> many;
  for (std::size_t i = 0; i < 20; ++i) many.push_back(task(i));
  apply::Turns turns(many, 4, {});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(turns.next()->connections, 1U);
  EXPECT_EQ(turns.next(), std::nullopt);
}

TEST(turns, give_no_more_connections_than_segments) {
  apply::Turns turns({task(0, "oslo", 1)}, 8, {});
  EXPECT_EQ(turns.next()->connections, 1U);
}

TEST(turns, keep_to_the_limit_of_a_peer_and_let_others_pass) {
  apply::Turns turns({task(0), task(1), task(2), task(3, "bergen")}, 8, {{ServerName::of("oslo"), 2}});
  const auto first = turns.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->task.action, 0U);
  EXPECT_EQ(first->connections, 2U);
  EXPECT_EQ(turns.next()->task.action, 3U) << "another peer's";
  EXPECT_EQ(turns.next(), std::nullopt);
  turns.over(*first);
  EXPECT_EQ(turns.next()->task.action, 1U);
}

TEST(turns, R31_give_one_peer_at_most_half_while_others_wait) {
  std::vector<apply::CopyTask> tasks;
  for (std::size_t i = 0; i < 20; ++i) tasks.push_back(task(i));
  for (std::size_t i = 20; i < 24; ++i) tasks.push_back(task(i, "bergen"));
  apply::Turns turns(tasks, 8, {});
  std::vector<apply::Turn> begun;
  while (const auto turn = turns.next()) begun.push_back(*turn);
  const auto of_oslo = static_cast<std::size_t>(
      std::count_if(begun.begin(), begun.end(), [](const apply::Turn& turn) { return turn.task.peer.text() == "oslo"; }));
  EXPECT_EQ(begun.size(), 8U);
  EXPECT_EQ(of_oslo, 4U);
  for (const apply::Turn& turn : begun) {
    if (turn.task.peer.text() == "bergen") turns.over(turn);
  }
  EXPECT_EQ(turns.next()->task.peer.text(), "oslo") << "nobody else waits any more";
}

TEST(turns, R31_give_one_peer_at_least_one) {
  apply::Turns turns({task(0), task(1), task(2, "bergen")}, 1, {});
  const auto first = turns.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->task.action, 0U);
  EXPECT_EQ(turns.next(), std::nullopt);
}

TEST(turns, give_no_more_connections_than_the_streams_of_the_peer) {
  apply::CopyTask one = task(0);
  one.streams = 1;
  EXPECT_EQ(apply::Turns({one}, 8, {}).next()->connections, 1U);
}

TEST(turns, never_fetch_the_same_bytes_twice_at_a_time) {
  apply::CopyTask twin = task(1, "bergen");
  twin.digest = task(0).digest;
  apply::Turns turns({task(0), twin, task(2)}, 8, {});
  const auto first = turns.next();
  EXPECT_EQ(turns.next()->task.action, 2U);
  EXPECT_EQ(turns.next(), std::nullopt);
  turns.over(*first);
  EXPECT_EQ(turns.next()->task.action, 1U);
}

TEST(run_turns, does_every_task_once_and_never_more_than_parallel_at_a_time) {
  std::vector<apply::CopyTask> tasks;
  for (std::size_t i = 0; i < 200; ++i) tasks.push_back(task(i, i % 3 == 0 ? "oslo" : "bergen", 1));
  std::mutex mutex;
  std::multiset<std::size_t> done;
  std::atomic<int> now = 0;
  std::atomic<bool> too_many = false;
  apply::run_turns(apply::Turns(tasks, 4, {{ServerName::of("oslo"), 1}}), 4, [&](const apply::Turn& turn) {
    if (++now > 4) too_many = true;
    {
      const std::lock_guard lock(mutex);
      done.insert(turn.task.action);
    }
    --now;
  });
  EXPECT_FALSE(too_many);
  EXPECT_EQ(done.size(), 200U);
  EXPECT_EQ(std::set<std::size_t>(done.begin(), done.end()).size(), 200U);
}

TEST(run_turns, with_nothing_to_do_returns) {
  apply::run_turns(apply::Turns({}, 4, {}), 0, [](const apply::Turn&) { FAIL(); });
}

apply::CopyTask made_of(std::size_t action, std::uint8_t base) {
  apply::CopyTask one = task(action);
  one.base = digest_of(base);
  return one;
}

TEST(turns, R28_what_is_made_of_an_image_that_comes_too_waits_for_it) {
  apply::Turns turns({made_of(1, 2), task(2), made_of(3, 2), made_of(4, 99)}, 8, {});
  const auto base = turns.next();
  EXPECT_EQ(base->task.action, 2U);
  EXPECT_EQ(turns.next()->task.action, 4U) << "its base does not come";
  EXPECT_EQ(turns.next(), std::nullopt);
  turns.over(*base);
  EXPECT_EQ(turns.next()->task.action, 1U);
  EXPECT_EQ(turns.next()->task.action, 3U);
  EXPECT_TRUE(turns.all_begun());
}

TEST(turns, R28_two_that_are_made_of_each_other_do_not_wait_for_ever) {
  apply::Turns turns({made_of(1, 2), made_of(2, 1)}, 8, {});
  const auto first = turns.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(turns.next(), std::nullopt);
  turns.over(*first);
  EXPECT_TRUE(turns.next());
  EXPECT_TRUE(turns.all_begun());
}

}  // namespace
}  // namespace ingot::schedule_test
