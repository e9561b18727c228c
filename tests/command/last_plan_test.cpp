#include "reconciler/site/last_plan.hpp"

#include <gtest/gtest.h>

#include "tests/command/sample_plan.hpp"

namespace ingot::last_plan_test {
namespace {

using namespace testing_support;

const Time now{Seconds(1'795'000'000)};

TEST(last_plan, is_read_back_as_it_was_written) {
  site::LastPlan last;
  last.peers[sample_id("a")] = {
      .status = Code::ok, .asked = now, .serial = 41, .seen = now, .text = "", .url = "https://mirror.example.net/"};
  last.peers[sample_id("b")] = {.status = Code::untrusted,
                                .asked = now,
                                .serial = std::nullopt,
                                .seen = std::nullopt,
                                .text = "rollback: serial 7, then 6"};
  last.blocked["subscription.fpps-2.series.db19"] = "the peer has no such series";
  last.suspended["copy.fpps-2.db19_13"] = "25 withdrawals at once";
  EXPECT_EQ(site::parse_last_plan(site::write_last_plan(last)), last);
}

TEST(last_plan, what_is_damaged_is_left_out) {
  EXPECT_EQ(site::parse_last_plan(""), site::LastPlan{});
  using namespace std::string_literals;
  site::LastPlan good;
  good.blocked["subscription.p.all"] = "why";
  const std::string line = site::write_last_plan(good);
  EXPECT_EQ(site::parse_last_plan(line + "peer nonsense ok\npeer\nblocked\n\0\xff"s), good);
  EXPECT_EQ(site::parse_last_plan(line + "peer " + sample_id("a").text() + " ok yesterday 7\n"), good);
}

TEST(last_plan, of_another_version_is_none) {
  site::LastPlan other;
  other.blocked["subscription.p.all"] = "why";
  std::string text = site::write_last_plan(other);
  text.replace(text.find("/3"), 2, "/1");
  EXPECT_EQ(site::parse_last_plan(text), site::LastPlan{});
}

TEST(last_plan, a_text_with_line_breaks_stays_one_line) {
  site::LastPlan last;
  last.blocked["subscription.p.all"] = "one\npeer two";
  EXPECT_EQ(site::parse_last_plan(site::write_last_plan(last)).blocked.size(), 1U);
  EXPECT_TRUE(site::parse_last_plan(site::write_last_plan(last)).peers.empty());
}

TEST(last_plan, suspends_a_copy_by_its_address_on_the_peer) {
  site::LastPlan last;
  last.suspended["copy.fpps-2.db19"] = "25 withdrawals at once";
  Manifest manifest{.server = {.name = ServerName::of("here")}};
  manifest.peers.push_back({.name = ServerName::of("fpps-2"), .card = {.name = ServerName::of("fpps-2"), .id = sample_id("a")}});
  state::ImageRow row = sample_row("renamed");
  row.copy = true;
  row.identity = ImageIdentity{.origin = sample_id("a"), .name = ImageName::of("db19"), .created = 3};
  EXPECT_EQ(site::why_suspended(last, row, manifest), "25 withdrawals at once");
  row.identity->name = ImageName::of("renamed");
  EXPECT_EQ(site::why_suspended(last, row, manifest), std::nullopt);
}

TEST(last_view, says_what_became_of_a_peer) {
  EXPECT_EQ(site::last_view(plan::Settled{sample_head("fpps-2"), {}}, now),
            (site::LastView{Code::ok, now, 41, now, "", sample_head("fpps-2").url}));
  EXPECT_EQ(site::last_view(plan::Unknown{Code::unreachable, "no connection", Code::none, sample_head("fpps-2")}, now),
            (site::LastView{Code::unreachable, now, 41, std::nullopt, "no connection"}));
  EXPECT_EQ(site::last_view(plan::OwnPeer{}, now).status, Code::ok);
}

TEST(last_view, an_unreachable_peer_keeps_when_it_was_seen_and_its_newest_serial) {
  const site::LastView before{Code::ok, now - Seconds(60), 57, now - Seconds(60), "", "https://mirror.example.net/"};
  EXPECT_EQ(site::last_view(plan::Unknown{Code::unreachable, "no connection", Code::none, sample_head("fpps-2")}, now, before),
            (site::LastView{Code::unreachable, now, 57, now - Seconds(60), "no connection", "https://mirror.example.net/"}));
}

}  // namespace
}  // namespace ingot::last_plan_test
