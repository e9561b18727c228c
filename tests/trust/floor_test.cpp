// What may follow what was accepted, and for how long a head is good (A5-A7, A10, G12).
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/trust/signed_things.hpp"

namespace ingot::floor_test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const Server& one() {
  static const Server server("one");
  return server;
}

Head head(std::uint64_t epoch, Serial serial) {
  Head made = one().head(serial);
  made.epoch = epoch;
  return made;
}

/// The floor after head (epoch, serial) was accepted; its digest is that of "<epoch> <serial>".
Digest digest_of(const Head& accepted) {
  return io::sha256(std::to_string(accepted.epoch) + " " + std::to_string(accepted.serial));
}
Floor floor_at(const Head& accepted) {
  return {.id = accepted.id,
          .epoch = accepted.epoch,
          .serial = accepted.serial,
          .head = digest_of(accepted),
          .root_version = 1,
          .issued = accepted.issued};
}

std::string verdict(const Head& next, const std::optional<Head>& accepted, Time now = issued) {
  return code_of(trust::may_follow(next, digest_of(next), accepted ? std::optional(floor_at(*accepted)) : std::nullopt, now));
}

TEST(floor, takes_any_serial_first) {
  EXPECT_EQ(verdict(head(1, 1), {}), "");
  EXPECT_EQ(verdict(head(5, largest_serial), {}), "");
}

TEST(floor, takes_the_same_head_again_and_every_later_one) {
  EXPECT_EQ(verdict(head(1, 7), head(1, 7)), "");
  EXPECT_EQ(verdict(head(1, 8), head(1, 7)), "");
  EXPECT_EQ(verdict(head(1, 9999), head(1, 7)), "");
}

TEST(floor, A5_a_lower_serial_of_the_same_epoch_is_stale_and_says_the_numbers) {
  EXPECT_EQ(verdict(head(1, 6), head(1, 7)), "stale");
  EXPECT_EQ(verdict(head(1, 1), head(1, largest_serial)), "stale");
  const auto distrust = trust::may_follow(head(1, 6), digest_of(head(1, 6)), floor_at(head(1, 7)), issued);
  ASSERT_TRUE(distrust);
  EXPECT_EQ(distrust->why, "it serves serial 6, but serial 7 was seen before");
}

TEST(floor, A6_knows_equivocation) {
  const auto distrust = trust::may_follow(head(1, 7), io::sha256("other bytes"), floor_at(head(1, 7)), issued);
  EXPECT_EQ(code_of(distrust), "equivocation");
  EXPECT_NE(distrust->why.find(io::sha256("other bytes").text()), std::string::npos);
  EXPECT_NE(distrust->why.find(digest_of(head(1, 7)).text()), std::string::npos);
}

TEST(floor, a_head_in_another_envelope_is_the_same_head) {
  const Envelope one{.payload_type = std::string(head_payload_type),
                     .payload = write_head(head(1, 7)),
                     .signatures = {{.key_id = "a", .bytes = std::string(64, 'a')}}};
  Envelope other = one;
  other.signatures.push_back({.key_id = "whoever", .bytes = std::string(64, 'x')});
  ASSERT_NE(write_envelope(one), write_envelope(other));
  EXPECT_EQ(trust::head_digest(write_envelope(one)), io::sha256(one.payload));
  EXPECT_EQ(trust::head_digest(write_envelope(other)), io::sha256(one.payload));
  EXPECT_EQ(trust::head_digest("<html>"), std::nullopt);
}

TEST(floor, A10_refuses_a_jump_of_more_than_2_to_the_32) {
  EXPECT_EQ(verdict(head(1, 7 + largest_jump), head(1, 7)), "");
  EXPECT_EQ(verdict(head(1, 8 + largest_jump), head(1, 7)), "jump");
  EXPECT_EQ(verdict(head(1, largest_serial), head(1, 7)), "jump");
  EXPECT_EQ(verdict(head(2, 8 + largest_jump), head(1, 7)), "jump");
}

TEST(floor, A10_a_new_epoch_revokes_and_never_restarts_the_serial) {
  EXPECT_EQ(verdict(head(2, 8), head(1, 7)), "");
  EXPECT_EQ(verdict(head(2, 7), head(1, 7)), "rollback");
  EXPECT_EQ(verdict(head(2, 1), head(1, 7)), "rollback");
  EXPECT_EQ(verdict(head(1, 8), head(2, 7)), "rollback");
  EXPECT_EQ(verdict(head(1, 7), head(2, 7)), "rollback");
}

RC_GTEST_PROP(floor, N5_never_goes_down, (std::uint64_t epoch, Serial serial)) {
  const Head accepted = head(*rc::gen::inRange<std::uint64_t>(1, 4), *rc::gen::inRange<Serial>(1, 20));
  const Head next = head(1 + epoch % 4, 1 + serial % 20);
  const bool taken = verdict(next, accepted).empty();
  const bool same = next.epoch == accepted.epoch && next.serial == accepted.serial;
  RC_ASSERT(taken == (same || (next.epoch >= accepted.epoch && next.serial > accepted.serial)));
}

TEST(floor, G12_refuses_a_head_from_the_future) {
  EXPECT_EQ(verdict(head(1, 8), head(1, 7), issued - minutes(10)), "");
  Head ahead = head(1, 8);
  ahead.issued = issued + minutes(10);
  EXPECT_EQ(verdict(ahead, head(1, 7)), "");
  ahead.issued += Seconds(1);
  EXPECT_EQ(verdict(ahead, head(1, 7)), "from-the-future");
  EXPECT_EQ(verdict(ahead, {}), "from-the-future");
}

TEST(floor, G12_says_that_the_clock_is_behind_rather_than_that_all_heads_are_wrong) {
  EXPECT_EQ(verdict(head(1, 8), head(1, 7), issued - minutes(10)), "");
  EXPECT_EQ(verdict(head(1, 8), head(1, 7), issued - minutes(10) - Seconds(1)), "clock-behind");
  EXPECT_EQ(verdict(head(1, 8), head(1, 7), at("1970-01-01T00:00:00Z")), "clock-behind");
}

struct Age {
  std::string what;
  std::optional<Seconds> max_age;
  Seconds ends;  ///< after it was issued
};

// A head of 14 days; max_age replaces its own word, both ways.
TEST(expiry, A7_holds_to_the_second_whoever_sets_it) {
  const std::vector<Age> table{
      {"its own word", std::nullopt, hours(24 * 14)},       {"a shorter max_age", hours(24 * 7), hours(24 * 7)},
      {"a longer max_age", hours(24 * 90), hours(24 * 90)}, {"the same max_age", hours(24 * 14), hours(24 * 14)},
      {"a tiny max_age", Seconds(1), Seconds(1)},           {"a hundred years", hours(24 * 365 * 100), hours(24 * 365 * 100)},
  };
  for (const Age& age : table) {
    EXPECT_FALSE(trust::expired(one().head(7), age.max_age, issued)) << age.what;
    EXPECT_FALSE(trust::expired(one().head(7), age.max_age, issued + age.ends - Seconds(1))) << age.what;
    const auto over = trust::expired(one().head(7), age.max_age, issued + age.ends);
    ASSERT_TRUE(over) << age.what;
    EXPECT_EQ(over->since, issued + age.ends) << age.what;
    EXPECT_TRUE(trust::expired(one().head(7), age.max_age, issued + age.ends + Seconds(1))) << age.what;
  }
}

TEST(expiry, A7_says_since_when_and_by_whose_word) {
  const auto own = trust::expired(one().head(7), std::nullopt, expires + Seconds(1));
  ASSERT_TRUE(own);
  EXPECT_NE(own->why.find("2026-12-07T02:00:00Z"), std::string::npos) << own->why;
  const auto here = trust::expired(one().head(7), hours(1), expires);
  ASSERT_TRUE(here);
  EXPECT_NE(here->why.find("max_age"), std::string::npos) << here->why;
}

}  // namespace
}  // namespace ingot::floor_test
