#include "reconciler/cli/show_metrics.hpp"

#include <regex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/cli/commands_fixture.hpp"
#include "tests/cli/golden.hpp"
#include "tests/cli/sample_plan.hpp"
#include "tests/support/process.hpp"

namespace ingot::metrics_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace testing_support;

const Time noon{Seconds(1'795'000'000)};

PeerEntry peer(const std::string& name) {
  return {.name = ServerName::of(name),
          .card = {.name = ServerName::of(name), .url = "https://gold.example.net/", .id = sample_id(name)}};
}

/// A run of "apply" that leaves something of everything.
RunMetrics sample_run() {
  PlanMetrics plan{.made = noon,
                   .pending = {{Verb::copy, 2}, {Verb::publish, 1}},
                   .deferred = 1,
                   .deferred_bytes = 4'100'000'000,
                   .blocked = 3,
                   .held = 6,
                   .damaged = 1};
  plan.peers = {{ServerName::of("fpps-2"), true, noon - Seconds(60), noon + Seconds(600)},
                {ServerName::of("fpps-3"), false, std::nullopt, std::nullopt}};
  plan.series = {{ServerName::of("fpps-2"), SeriesName::of("db19"), 2}};
  return {.command = "apply",
          .ended = noon + Seconds(5),
          .duration = std::chrono::milliseconds(5'250),
          .exit_code = 3,
          .copied = 1'000,
          .saved = 9'000,
          .plan = plan,
          .disk = DiskView{.total = 1'000'000, .available = 400'000},
          .head_expires = noon + Seconds(86'400)};
}

Ran promtool_says(const std::string& text) {
  const TestFolder folder;
  const std::string path = folder / "metrics.prom";
  write_text(path, text);
  return testing_support::run(
      {.arguments = {"sh", "-c", "promtool check metrics < '" + path + "'"}, .folder = "", .environment = {}});
}

TEST(metrics, of_a_run_are_what_they_were) { expect_golden("metrics.prom", show_metrics(sample_run(), "")); }

TEST(metrics, are_good_by_the_rules_of_promtool) {
  const Ran said = promtool_says(show_metrics(sample_run(), ""));
  EXPECT_EQ(said.exit, 0) << said.out << said.err;
  EXPECT_NE(promtool_says("# TYPE ingot_x_total gauge\ningot_x_total 1\n").exit, 0) << "promtool is not there, or takes anything";
}

TEST(metrics, counters_go_on_from_the_run_before) {
  const std::string once = show_metrics(sample_run(), "");
  const std::string twice = show_metrics(sample_run(), once);
  EXPECT_THAT(once, HasSubstr("\ningot_copied_bytes_total 1000\n"));
  EXPECT_THAT(twice, HasSubstr("\ningot_copied_bytes_total 2000\n"));
  EXPECT_THAT(twice, HasSubstr("\ningot_saved_bytes_total 18000\n"));
}

TEST(metrics, a_failure_keeps_when_it_went_well_last) {
  RunMetrics well = sample_run();
  well.exit_code = 0;
  const std::string text = show_metrics(sample_run(), show_metrics(well, ""));
  EXPECT_THAT(text, HasSubstr("ingot_last_success_timestamp_seconds{command=\"apply\"} 1795000005\n"));
  EXPECT_THAT(text, HasSubstr("ingot_last_run_success{command=\"apply\"} 0\n"));
  EXPECT_THAT(show_metrics(sample_run(), ""), Not(HasSubstr("ingot_last_success")));
}

TEST(metrics, a_run_without_a_plan_keeps_what_the_last_plan_left) {
  const RunMetrics publish{.command = "publish", .ended = noon + Seconds(99)};
  const std::string text = show_metrics(publish, show_metrics(sample_run(), ""));
  EXPECT_THAT(text, HasSubstr("ingot_pending_actions{verb=\"copy\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("ingot_last_plan_timestamp_seconds 1795000000\n"));
  EXPECT_THAT(text, HasSubstr("ingot_last_run_success{command=\"apply\"} 0\ningot_last_run_success{command=\"publish\"} 1\n"));
}

TEST(metrics, a_peer_or_series_that_is_gone_leaves_nothing) {
  RunMetrics later = sample_run();
  later.plan->peers.clear();
  later.plan->series.clear();
  const std::string text = show_metrics(later, show_metrics(sample_run(), ""));
  EXPECT_THAT(text, Not(HasSubstr("peer=")));
  EXPECT_THAT(text, HasSubstr("ingot_unknown_peers 0\n"));
}

TEST(metrics, a_plan_of_a_part_says_nothing_of_the_rest) {
  RunMetrics part = sample_run();
  part.plan = PlanMetrics{
      .made = noon + Seconds(99), .whole = false, .peers = {{ServerName::of("fpps-2"), false, std::nullopt, std::nullopt}}};
  const std::string text = show_metrics(part, show_metrics(sample_run(), ""));
  for (const char* kept :
       {"ingot_pending_actions{verb=\"copy\"} 2\n", "ingot_deferred_bytes 4100000000\n", "ingot_blocked_actions 3\n",
        "ingot_held_actions 6\n", "ingot_series_behind{peer=\"fpps-2\",series=\"db19\"} 2\n",
        "ingot_last_plan_timestamp_seconds 1795000000\n"}) {
    EXPECT_THAT(text, HasSubstr(kept));
  }
  EXPECT_THAT(text, AllOf(HasSubstr("ingot_peer_up{peer=\"fpps-2\"} 0\n"), Not(HasSubstr("fpps-3"))));
  EXPECT_THAT(text, HasSubstr("ingot_damaged_images 0\n"));
}

TEST(metrics, what_is_not_ours_in_the_file_is_left_out) {
  const std::string text = show_metrics(sample_run(),
                                        "node_load1 3\ningot_pending_actions{verb=\"x\"} 1 1795000000\ningot_held_actions "
                                        "NaN\ningot_peer_up{peer=\"a\\\"\"} 1\ningot_build_info");
  EXPECT_EQ(text, show_metrics(sample_run(), ""));
}

TEST(metrics, tell_what_a_run_left_undone) {
  const Manifest manifest{
      .server = {.name = ServerName::of("fpps-1")},
      .peers = {peer("fpps-2"), peer("fpps-4"), peer("fpps-1")},
      .subscriptions = {{.peer = ServerName::of("fpps-2"), .selector = SelectSeries{SeriesName::of("db19")}},
                        {.peer = ServerName::of("fpps-4"), .selector = SelectSeries{SeriesName::of("db19")}}}};
  Plan plan = full_plan();
  auto catalog = std::make_shared<Catalog>();
  const auto member = [](const char* name) { return SeriesMember{{sample_id("fpps-2"), ImageName::of(name), 1}, 1}; };
  catalog->series.push_back({.name = SeriesName::of("db19"), .created = 1, .members = {member("clash"), member("db19_25")}});
  const Observed observed{
      .now = noon,
      .self = sample_id("fpps-1"),
      .peers = {PeerCatalog{.head = sample_head("fpps-2"), .catalog = catalog},
                Unknown{.code = "unreachable", .why = "", .detail_code = "", .last = sample_head("fpps-4")}, OwnPeer{}},
      .sources = {},
      .disk = {},
      .objects = {},
      .publish_again = ""};
  const PlanMetrics before = metrics_of(manifest, observed, plan, nullptr);
  std::uint64_t pending = 0;
  for (const auto& [verb, count] : before.pending) pending += count;
  EXPECT_EQ(pending, plan.pending());
  EXPECT_EQ(before.deferred, plan.actions.size() - plan.pending());
  EXPECT_GT(before.deferred_bytes, 0U);
  ASSERT_EQ(before.peers.size(), 2U) << "this server is no peer of its own";
  EXPECT_TRUE(before.peers[0].up);
  EXPECT_FALSE(before.peers[1].up);
  EXPECT_TRUE(before.peers[1].issued) << "of the head that was seen last";
  ASSERT_EQ(before.series.size(), 1U) << "nothing is said of a peer that is unknown";

  Account account;
  std::uint64_t planned_bytes = 0;
  for (const auto& change : plan.actions) {
    if (change.address.text == "copy.fpps-2.db19_25") planned_bytes = transfer_of(change.action)->bytes;
    if (change.address.text == "copy.fpps-2.db19_25")
      account.done.push_back(
          {.address = change.address, .verb = change.verb, .outcome = Done{}, .size = change.size, .fetched = 1'200'000'000});
  }
  ASSERT_EQ(account.done.size(), 1U);
  const PlanMetrics after = metrics_of(manifest, observed, plan, &account);
  EXPECT_EQ(after.pending.at(Verb::copy), before.pending.at(Verb::copy) - 1);
  EXPECT_EQ(after.series[0].behind, before.series[0].behind - 1);
  EXPECT_GE(after.series[0].behind, 1U) << "a blocked member of the series is not here, too";
  ActionResult late = account.done[0];
  late.outcome = Skipped{.why = "deferred: the deadline of this run is over", .deferred = true};
  Account stopped;
  stopped.not_started = {late};
  const PlanMetrics put_off = metrics_of(manifest, observed, plan, &stopped);
  EXPECT_EQ(put_off.deferred, before.deferred + 1) << "what the run put off is deferred too";
  EXPECT_EQ(put_off.pending.at(Verb::copy), before.pending.at(Verb::copy) - 1);
  EXPECT_EQ(put_off.deferred_bytes, before.deferred_bytes + planned_bytes - std::min<std::uint64_t>(planned_bytes, late.fetched));
  EXPECT_EQ(put_off.series[0].behind, before.series[0].behind);
  RunMetrics run;
  add_bytes(account, run);
  EXPECT_EQ(run.copied, 1'200'000'000U);
  EXPECT_EQ(run.saved, 4'100'000'000U - 1'200'000'000U);
}

TEST_F(Commands, apply_and_publish_leave_metrics_for_others_to_read) {
  two_servers();
  const std::string file = (folder / "ingot.prom").string();
  const mode_t before = ::umask(077);
  EXPECT_EQ(at("silver", {"apply", "--yes", "--metrics", file}).exit, 0) << terminal.said;
  ::umask(before);
  struct stat found {};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0644U) << "node_exporter is another user";
  const std::string text = read(file);
  EXPECT_THAT(text, HasSubstr("ingot_last_run_success{command=\"apply\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ingot_pending_actions{verb=\"copy\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("ingot_peer_up{peer=\"gold\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ingot_head_expires_timestamp_seconds "));
  EXPECT_EQ(at("silver", {"publish", "--metrics", file}).exit, 0);
  EXPECT_THAT(read(file), HasSubstr("ingot_last_success_timestamp_seconds{command=\"publish\"}"));
}

TEST_F(Commands, a_run_that_failed_leaves_metrics_too) {
  make("gold");
  const std::string file = (folder / "ingot.prom").string();
  write("gold/ingot.toml", "manifest = 1\n");
  EXPECT_EQ(at("gold", {"apply", "--yes", "--metrics", file}).exit, 65);
  EXPECT_THAT(read(file), HasSubstr("ingot_last_run_exit_code{command=\"apply\"} 65\n"));
  EXPECT_EQ(at("gold", {"apply", "--metrics", file}).exit, 9) << "nobody could approve it";
  EXPECT_THAT(read(file), HasSubstr("ingot_last_run_exit_code{command=\"apply\"} 9\n"));
}

TEST_F(Commands, metrics_that_cannot_be_written_do_not_fail_the_run) {
  make("gold");
  const Ran ran = at("gold", {"apply", "--yes", "--metrics", (folder / "nowhere/ingot.prom").string()});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.err, HasSubstr("the metrics of this run were not written: "));
}

TEST(metrics, the_example_rules_name_none_that_is_not_written) {
  const std::string rules = Commands::read(std::string(INGOT_SOURCE_DIR) + "/examples/prometheus/ingot.rules.yml");
  const auto names = metric_names();
  const std::set<std::string> known(names.begin(), names.end());
  const std::regex metric("ingot_[a-z_]+");
  std::size_t found = 0;
  for (std::sregex_iterator at(rules.begin(), rules.end(), metric), end; at != end; ++at, ++found)
    EXPECT_TRUE(known.contains(at->str())) << at->str();
  EXPECT_GT(found, 10U);
}

}  // namespace
}  // namespace ingot::metrics_test
