#include "reconciler/show/run/show_metrics.hpp"

#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/command/commands_fixture.hpp"
#include "tests/command/golden.hpp"
#include "tests/command/sample_plan.hpp"
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
show::RunMetrics sample_run() {
  show::PlanMetrics plan{.made = noon,
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
          .manifest = "/srv/fpps-1/ingot.toml",
          .server = "fpps-1",
          .ended = noon + Seconds(5),
          .duration = std::chrono::milliseconds(5'250),
          .exit_code = 3,
          .copied = 1'000,
          .saved = 9'000,
          .plan = plan,
          .disk = plan::DiskView{.total = 1'000'000, .available = 400'000},
          .head_expires = noon + Seconds(86'400)};
}

Ran promtool_says(const std::string& text) {
  const TestFolder folder;
  const std::string path = folder / "metrics.prom";
  write_text(path, text);
  return testing_support::run(
      {.arguments = {"sh", "-c", "promtool check metrics < '" + path + "'"}, .folder = "", .environment = {}});
}

TEST(metrics, of_a_run_are_what_they_were) { expect_golden("metrics.prom", show::show_metrics(sample_run(), "")); }

TEST(metrics, are_good_by_the_rules_of_promtool) {
  const Ran said = promtool_says(show::show_metrics(sample_run(), ""));
  EXPECT_EQ(said.exit, 0) << said.out << said.err;
  EXPECT_NE(promtool_says("# TYPE ingot_x_total gauge\ningot_x_total 1\n").exit, 0) << "promtool is not there, or takes anything";
}

TEST(metrics, counters_go_on_from_the_run_before) {
  const std::string once = show::show_metrics(sample_run(), "");
  const std::string twice = show::show_metrics(sample_run(), once);
  EXPECT_THAT(once, HasSubstr("\ningot_copied_bytes_total{server=\"fpps-1\"} 1000\n"));
  EXPECT_THAT(twice, HasSubstr("\ningot_copied_bytes_total{server=\"fpps-1\"} 2000\n"));
  EXPECT_THAT(twice, HasSubstr("\ningot_saved_bytes_total{server=\"fpps-1\"} 18000\n"));
}

TEST(metrics, a_failure_keeps_when_it_went_well_last) {
  show::RunMetrics well = sample_run();
  well.exit_code = 0;
  const std::string text = show::show_metrics(sample_run(), show::show_metrics(well, ""));
  EXPECT_THAT(text, HasSubstr("ingot_last_success_timestamp_seconds{server=\"fpps-1\",command=\"apply\"} 1795000005\n"));
  EXPECT_THAT(text, HasSubstr("ingot_last_run_success{server=\"fpps-1\",command=\"apply\"} 0\n"));
  EXPECT_THAT(show::show_metrics(sample_run(), ""), Not(HasSubstr("ingot_last_success")));
}

TEST(metrics, a_run_without_a_plan_keeps_what_the_last_plan_left) {
  const show::RunMetrics publish{.command = "publish", .server = "fpps-1", .ended = noon + Seconds(99)};
  const std::string text = show::show_metrics(publish, show::show_metrics(sample_run(), ""));
  EXPECT_THAT(text, HasSubstr("ingot_pending_actions{server=\"fpps-1\",verb=\"copy\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("ingot_last_plan_timestamp_seconds{server=\"fpps-1\"} 1795000000\n"));
  EXPECT_THAT(text, HasSubstr("ingot_last_run_success{server=\"fpps-1\",command=\"apply\"} "
                              "0\ningot_last_run_success{server=\"fpps-1\",command=\"publish\"} 1\n"));
}

TEST(metrics, a_peer_or_series_that_is_gone_leaves_nothing) {
  show::RunMetrics later = sample_run();
  later.plan->peers.clear();
  later.plan->series.clear();
  const std::string text = show::show_metrics(later, show::show_metrics(sample_run(), ""));
  EXPECT_THAT(text, Not(HasSubstr("peer=")));
  EXPECT_THAT(text, HasSubstr("ingot_unknown_peers{server=\"fpps-1\"} 0\n"));
}

TEST(metrics, a_plan_of_a_part_says_nothing_of_the_rest) {
  show::RunMetrics part = sample_run();
  part.plan = show::PlanMetrics{
      .made = noon + Seconds(99), .whole = false, .peers = {{ServerName::of("fpps-2"), false, std::nullopt, std::nullopt}}};
  const std::string text = show::show_metrics(part, show::show_metrics(sample_run(), ""));
  for (const char* kept :
       {"ingot_pending_actions{server=\"fpps-1\",verb=\"copy\"} 2\n", "ingot_deferred_bytes{server=\"fpps-1\"} 4100000000\n",
        "ingot_blocked_actions{server=\"fpps-1\"} 3\n", "ingot_held_actions{server=\"fpps-1\"} 6\n",
        "ingot_series_behind{server=\"fpps-1\",peer=\"fpps-2\",series=\"db19\"} 2\n",
        "ingot_last_plan_timestamp_seconds{server=\"fpps-1\"} 1795000000\n"}) {
    EXPECT_THAT(text, HasSubstr(kept));
  }
  EXPECT_THAT(text, AllOf(HasSubstr("ingot_peer_up{server=\"fpps-1\",peer=\"fpps-2\"} 0\n"), Not(HasSubstr("fpps-3"))));
  EXPECT_THAT(text, HasSubstr("ingot_damaged_images{server=\"fpps-1\"} 0\n"));
}

TEST(metrics, what_is_not_ours_in_the_file_is_left_out) {
  const std::string text = show::show_metrics(sample_run(),
                                              "node_load1 3\ningot_pending_actions{verb=\"x\"} 1 1795000000\ningot_held_actions "
                                              "NaN\ningot_peer_up{peer=\"a\\\"\"} 1\ningot_build_info");
  EXPECT_EQ(text, show::show_metrics(sample_run(), ""));
}

TEST(metrics, tell_what_a_run_left_undone) {
  const Manifest manifest{
      .server = {.name = ServerName::of("fpps-1")},
      .peers = {peer("fpps-2"), peer("fpps-4"), peer("fpps-1")},
      .subscriptions = {{.peer = ServerName::of("fpps-2"), .selector = SelectSeries{SeriesName::of("db19")}},
                        {.peer = ServerName::of("fpps-4"), .selector = SelectSeries{SeriesName::of("db19")}}}};
  plan::Plan plan = full_plan();
  auto catalog = std::make_shared<Catalog>();
  const auto member = [](const char* name) { return SeriesMember{{sample_id("fpps-2"), ImageName::of(name), 1}, 1}; };
  catalog->series.push_back({.name = SeriesName::of("db19"), .created = 1, .members = {member("clash"), member("db19_25")}});
  const plan::Observed observed{
      .now = noon,
      .self = sample_id("fpps-1"),
      .peers = {plan::PeerCatalog{.head = sample_head("fpps-2"), .catalog = catalog},
                plan::Unknown{.code = Code::unreachable, .why = "", .detail_code = Code::none, .last = sample_head("fpps-4")},
                plan::OwnPeer{}},
      .sources = {},
      .disk = {},
      .objects = {},
      .publish_again = ""};
  const show::PlanMetrics before = show::metrics_of(manifest, observed, plan, nullptr);
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

  apply::Account account;
  std::uint64_t planned_bytes = 0;
  for (const auto& change : plan.actions) {
    if (change.address.text == "copy.fpps-2.db19_25") planned_bytes = plan::transfer_of(change.action)->bytes;
    if (change.address.text == "copy.fpps-2.db19_25")
      account.done.push_back(
          {.address = change.address, .verb = change.verb, .outcome = Done{}, .size = change.size, .fetched = 1'200'000'000});
  }
  ASSERT_EQ(account.done.size(), 1U);
  const show::PlanMetrics after = show::metrics_of(manifest, observed, plan, &account);
  EXPECT_EQ(after.pending.at(Verb::copy), before.pending.at(Verb::copy) - 1);
  EXPECT_EQ(after.series[0].behind, before.series[0].behind - 1);
  EXPECT_GE(after.series[0].behind, 1U) << "a blocked member of the series is not here, too";
  apply::ActionResult late = account.done[0];
  late.outcome = Skipped{.why = "deferred: the deadline of this run is over", .deferred = true};
  apply::Account stopped;
  stopped.not_started = {late};
  const show::PlanMetrics put_off = show::metrics_of(manifest, observed, plan, &stopped);
  EXPECT_EQ(put_off.deferred, before.deferred + 1) << "what the run put off is deferred too";
  EXPECT_EQ(put_off.pending.at(Verb::copy), before.pending.at(Verb::copy) - 1);
  EXPECT_EQ(put_off.deferred_bytes, before.deferred_bytes + planned_bytes - std::min<std::uint64_t>(planned_bytes, late.fetched));
  EXPECT_EQ(put_off.series[0].behind, before.series[0].behind);
  show::RunMetrics run;
  show::add_bytes(account, run);
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
  EXPECT_THAT(text, HasSubstr("ingot_last_run_success{server=\"silver\",command=\"apply\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ingot_pending_actions{server=\"silver\",verb=\"copy\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("ingot_peer_up{server=\"silver\",peer=\"gold\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ingot_head_expires_timestamp_seconds{server=\"silver\"} "));
  EXPECT_EQ(at("silver", {"publish", "--metrics", file}).exit, 0);
  EXPECT_THAT(read(file), HasSubstr("ingot_last_success_timestamp_seconds{server=\"silver\",command=\"publish\"}"));
}

TEST_F(Commands, a_run_that_failed_leaves_metrics_too) {
  make("gold");
  const std::string file = (folder / "ingot.prom").string();
  write("gold/ingot.toml", "manifest = 1\n");
  EXPECT_EQ(at("gold", {"apply", "--yes", "--metrics", file}).exit, 65);
  const std::string unnamed = "{server=\"" + (folder / "gold/ingot.toml").string() + "\",command=\"apply\"}";
  EXPECT_THAT(read(file), HasSubstr("ingot_last_run_exit_code" + unnamed + " 65\n"))
      << "a server whose name is not known yet is told by its manifest";
  EXPECT_EQ(at("gold", {"apply", "--metrics", file}).exit, 9) << "nobody could approve it";
  EXPECT_THAT(read(file), HasSubstr("ingot_last_run_exit_code" + unnamed + " 9\n"));
  manifest("gold", "");
  EXPECT_EQ(at("gold", {"apply", "--yes", "--metrics", file}).exit, 0) << terminal.said;
  EXPECT_THAT(read(file), AllOf(HasSubstr("{server=\"gold\",command=\"apply\"} 0\n"), Not(HasSubstr("ingot.toml"))));
  write("gold/ingot.toml", "manifest = 1\n");
  EXPECT_EQ(at("gold", {"apply", "--yes", "--metrics", file}).exit, 65);
  EXPECT_THAT(read(file), HasSubstr("ingot_last_run_exit_code{server=\"gold\",command=\"apply\"} 65\n"));
}

TEST(metrics, every_sample_bears_the_server_so_that_two_of_one_host_are_two) {
  show::RunMetrics other = sample_run();
  other.server = "fpps-9";
  const std::string one = show::show_metrics(sample_run(), ""), two = show::show_metrics(other, "");
  std::set<std::string> samples;
  std::size_t count = 0;
  for (const std::string& text : {one, two}) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with('#')) continue;
      EXPECT_THAT(line, HasSubstr("{server=\"fpps-")) << line;
      samples.insert(line.substr(0, line.rfind(' ')));
      ++count;
    }
  }
  EXPECT_EQ(samples.size(), count) << "node_exporter refuses what was collected before with the same name and labels";
}

TEST(metrics, of_a_version_that_named_no_server_are_gone_on_with) {
  const std::string text = show::show_metrics(sample_run(),
                                              "ingot_copied_bytes_total 500\n"
                                              "ingot_last_run_success{command=\"publish\"} 1\n");
  EXPECT_THAT(text,
              AllOf(HasSubstr("ingot_copied_bytes_total{server=\"fpps-1\"} 1500\n"),
                    HasSubstr("ingot_last_run_success{server=\"fpps-1\",command=\"publish\"} 1\n"), Not(HasSubstr("total 500"))));
}

TEST(metrics, a_server_that_is_not_known_keeps_its_name_or_goes_by_its_manifest) {
  const show::RunMetrics failed{.command = "apply", .manifest = "/srv/a \"b\"/ingot.toml", .exit_code = 65};
  EXPECT_THAT(show::show_metrics(failed, show::show_metrics(sample_run(), "")),
              HasSubstr("exit_code{server=\"fpps-1\",command=\"apply\"} 65\n"));
  const std::string alone = show::show_metrics(failed, "");
  EXPECT_THAT(alone, HasSubstr("{server=\"/srv/a%20%22b%22/ingot.toml\",command=\"apply\"} 65\n"));
  EXPECT_EQ(promtool_says(alone).exit, 0);
}

TEST_F(Commands, metrics_replace_nothing_that_ingot_did_not_write) {
  make("gold");
  write("notes.txt", "mine\n");
  write("empty.prom", "");
  fs::create_symlink("notes.txt", folder / "link.prom");
  fs::create_symlink("nowhere", folder / "dangling.prom");
  ASSERT_EQ(::mkfifo((folder / "fifo.prom").c_str(), 0600), 0);
  fs::create_directory(folder / "folder.prom");
  for (const char* place : {"notes.txt", "link.prom", "dangling.prom", "fifo.prom", "folder.prom"}) {
    for (const char* command : {"apply", "reconcile", "publish"}) {
      std::vector<std::string> words{command, "--metrics", (folder / place).string()};
      if (std::string(command) == "apply") words.emplace_back("--yes");
      const Ran ran = at("gold", words);
      EXPECT_EQ(ran.exit, 64) << place << ran.err;
      EXPECT_THAT(ran.err, HasSubstr("would overwrite something that is not")) << ran.err;
    }
  }
  EXPECT_EQ(read(folder / "notes.txt"), "mine\n");
  EXPECT_FALSE(fs::exists(folder / "nowhere"));
  EXPECT_TRUE(fs::is_symlink(folder / "link.prom"));
  EXPECT_EQ(at("gold", {"apply", "--yes", "--metrics", "/dev/null"}).exit, 64);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_EQ(at("gold", {"apply", "--yes", "--metrics", (folder / "empty.prom").string()}).exit, 0) << terminal.said;
}

TEST_F(Commands, metrics_that_cannot_be_written_do_not_fail_the_run) {
  make("gold");
  const Ran ran = at("gold", {"apply", "--yes", "--metrics", (folder / "nowhere/ingot.prom").string()});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.err, HasSubstr("the metrics of this run were not written: "));
}

TEST(metrics, the_example_rules_name_none_that_is_not_written) {
  const std::string rules = Commands::read(std::string(INGOT_SOURCE_DIR) + "/examples/prometheus/ingot.rules.yml");
  const auto names = show::metric_names();
  const std::set<std::string> known(names.begin(), names.end());
  const std::regex metric("ingot_[a-z_]+");
  std::size_t found = 0;
  for (std::sregex_iterator at(rules.begin(), rules.end(), metric), end; at != end; ++at, ++found)
    EXPECT_TRUE(known.contains(at->str())) << at->str();
  EXPECT_GT(found, 10U);
}

}  // namespace
}  // namespace ingot::metrics_test
