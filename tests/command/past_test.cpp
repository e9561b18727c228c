// query --at: what was here then, and what nobody can say any more.
#include "reconciler/show/run/show_past.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "schema/error.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"
#include "tests/command/golden.hpp"

namespace ingot::past_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Json = nlohmann::json;

Time past_minute(int minutes) { return *parse_time("2026-11-23T02:00:00Z") + std::chrono::minutes(minutes); }

/// A run of one minute number `number` whose actions, "add image.a", were done one second after the other.
state::RunRecord run_of(int number, const std::vector<std::pair<Verb, std::string>>& actions, const std::string& commit = "") {
  state::RunRecord run{.start = {.id = fmt::format("20261123T02{:02}00Z-0000{:02}", number, number),
                                 .started = past_minute(number),
                                 .command = "apply",
                                 .actor = "ann@gold",
                                 .manifest_path = "ingot.toml",
                                 .manifest_digest = {},
                                 .git = std::nullopt,
                                 .plan_id = "",
                                 .planned = 0},
                       .finished = past_minute(number) + std::chrono::seconds(59),
                       .exit_code = 0,
                       .actions = {}};
  if (!commit.empty()) run.start.git = ManifestCommit{.repository = "r", .ref = "", .commit = commit, .blob = ""};
  std::int64_t place = 0;
  for (const auto& [verb, address] : actions) {
    ++place;
    run.actions.push_back({.sequence = number * 100 + place,
                           .address = {address},
                           .verb = verb,
                           .arguments = "",
                           .outcome = state::ActionEnd::done,
                           .code = Code::none,
                           .text = "",
                           .started = past_minute(number),
                           .finished = past_minute(number) + std::chrono::seconds(place)});
  }
  return run;
}

state::Snapshot with_series(const std::vector<std::string>& names) {
  state::Snapshot now;
  for (const auto& name : names)
    now.series.push_back({.name = *SeriesName::parse(name), .members = {}, .follow = {}, .wanted = {}});
  return now;
}

std::vector<std::string> thing_names(const std::vector<history::PastThing>& things) {
  std::vector<std::string> all;
  for (const auto& thing : things) all.push_back(thing.name);
  return all;
}

const std::string first_commit(40, 'a'), second_commit = "aaaab" + std::string(35, 'b');

const history::RunHistory three_runs{run_of(1, {{Verb::create, "series.a"}, {Verb::create, "series.b"}}, first_commit),
                                     run_of(2, {{Verb::delete_, "series.a"}, {Verb::publish, "catalog"}}, second_commit),
                                     run_of(3, {{Verb::create, "series.c"}, {Verb::create, "series.a"}})};

history::Moment moment_at(const std::string& at, const history::RunHistory& history = three_runs) {
  return history::moment_of(at, history, [](const std::string& name) {
    return name == "main" ? std::optional(second_commit) : name == "side" ? std::optional(std::string(40, 'c')) : std::nullopt;
  });
}

std::string no_moment(const std::string& at) {
  try {
    moment_at(at);
  } catch (const Error& error) { return error.text(); }
  return "";
}

TEST(past, is_named_by_a_run_a_commit_or_a_time) {
  EXPECT_EQ(moment_at("20261123T020200Z-000002"), history::Moment{.runs = 2});
  EXPECT_EQ(moment_at("20261123T0201"), history::Moment{.runs = 1});
  EXPECT_THAT(no_moment("2026"), HasSubstr("several runs begin with"));
  EXPECT_EQ(moment_at(first_commit), history::Moment{.runs = 1});
  EXPECT_EQ(moment_at("aaaab"), history::Moment{.runs = 2});
  EXPECT_THAT(no_moment("aaaa"), HasSubstr("several commits begin with"));
  EXPECT_EQ(moment_at("main"), history::Moment{.runs = 2});
  EXPECT_THAT(no_moment("side"), HasSubstr("no run belongs to the commit ccc"));
  EXPECT_THAT(no_moment("x\x1b"), HasSubstr("is no run, no commit of one, and no time"));
  EXPECT_EQ(moment_at("2026-11-23T02:02:01Z"), (history::Moment{.runs = 2, .until = past_minute(2) + std::chrono::seconds(1)}));
}

TEST(past, is_what_is_here_now_without_what_came_and_with_what_went) {
  const state::Snapshot now = with_series({"a", "b", "c"});
  EXPECT_THAT(thing_names(history::things_at(options::Topic::series, {.runs = 0}, three_runs, now)), IsEmpty());
  EXPECT_THAT(thing_names(history::things_at(options::Topic::series, {.runs = 1}, three_runs, now)), ElementsAre("a", "b"));
  EXPECT_THAT(thing_names(history::things_at(options::Topic::series, {.runs = 2}, three_runs, now)), ElementsAre("b"));
  EXPECT_THAT(thing_names(history::things_at(options::Topic::series, {.runs = 3}, three_runs, now)), ElementsAre("a", "b", "c"));
  EXPECT_THAT(thing_names(history::things_at(options::Topic::series,
                                             {.runs = 3, .until = past_minute(3) + std::chrono::seconds(1)}, three_runs, now)),
              ElementsAre("b", "c"))
      << "in the middle of a run";
  EXPECT_EQ(history::things_at(options::Topic::series, {.runs = 1}, three_runs, now).front().arrived->commit, first_commit);
  EXPECT_EQ(history::things_at(options::Topic::series, {.runs = 3}, three_runs, now).front().arrived->run, three_runs[2].start.id)
      << "the last time that it came";
}

TEST(past, is_of_a_time_without_what_a_run_did_later_that_had_begun) {
  history::RunHistory history{run_of(1, {{Verb::create, "series.a"}}), run_of(2, {})};
  history[1].start.started = past_minute(1);  // it waits for the lock
  history[0].actions[0].finished = past_minute(3);
  EXPECT_THAT(thing_names(history::things_at(options::Topic::series, moment_at("2026-11-23T02:02:00Z", history), history,
                                             with_series({"a"}))),
              IsEmpty());
  EXPECT_THAT(thing_names(history::things_at(options::Topic::series, moment_at("2026-11-23T02:03:00Z", history), history,
                                             with_series({"a"}))),
              ElementsAre("a"));
}

TEST(past, is_of_no_commit_that_was_applied_with_changes_beside_it) {
  history::RunHistory history{run_of(1, {{Verb::create, "series.a"}}, first_commit)};
  history[0].start.git->dirty = true;
  EXPECT_THROW(moment_at(first_commit, history), Error);
}

std::string unproven(options::Topic topic, const history::Moment& moment, const history::RunHistory& history,
                     const state::Snapshot& now) {
  try {
    history::things_at(topic, moment, history, now);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::before_history);
    return error.text() + "; " + error.mend();
  }
  return "";
}

TEST(past, is_not_told_of_what_was_before_a_lost_state) {
  state::RunRecord rebuild = run_of(1, {});
  rebuild.start.command = "state rebuild";
  const history::RunHistory history{rebuild, run_of(2, {{Verb::delete_, "series.a"}}), run_of(3, {{Verb::create, "series.c"}})};
  const state::Snapshot now = with_series({"b", "c"});
  EXPECT_THAT(thing_names(history::things_at(options::Topic::series, {.runs = 1}, history, now)), ElementsAre("a", "b"));
  EXPECT_FALSE(history::things_at(options::Topic::series, {.runs = 1}, history, now).front().arrived);
  EXPECT_THAT(thing_names(history::things_at(options::Topic::series, {.runs = 2}, history, now)), ElementsAre("b"));
  EXPECT_THAT(unproven(options::Topic::series, {.runs = 0}, history, now),
              HasSubstr("rebuilt then; ask for a time from 2026-11-23T02:01:59Z on"));
  EXPECT_THAT(unproven(options::Topic::series, {.runs = 1, .until = past_minute(1)}, history, now),
              HasSubstr("the state was rebuilt"));
}

TEST(past, is_not_told_of_what_was_before_a_peer_got_another_name) {
  const history::RunHistory history{run_of(1, {{Verb::register_, "peer.old"}, {Verb::instantiate, "subscription.old.all"}}),
                                    run_of(2, {{Verb::update, "peer.new"}}), run_of(3, {{Verb::create, "series.c"}})};
  state::Snapshot now = with_series({"c"});
  now.registrations.push_back({.name = ServerName::of("new"),
                               .own_name = ServerName::of("new"),
                               .id = {},
                               .urls = {},
                               .serial = 1,
                               .head = {},
                               .registered = {},
                               .seen = {}});
  now.subscriptions.push_back({.peer = {},
                               .peer_name = ServerName::of("new"),
                               .selector = SelectAll{},
                               .since = "now",
                               .options = "",
                               .rule = "",
                               .instantiated = {},
                               .stopped = {}});
  EXPECT_THAT(thing_names(history::things_at(options::Topic::peers, {.runs = 2}, history, now)), ElementsAre("new"));
  EXPECT_THAT(thing_names(history::things_at(options::Topic::subscriptions, {.runs = 3}, history, now)), ElementsAre("new.all"));
  EXPECT_THAT(unproven(options::Topic::peers, {.runs = 1}, history, now), HasSubstr("has another identity since then"));
  EXPECT_THAT(unproven(options::Topic::subscriptions, {.runs = 1}, history, now), HasSubstr("from 2026-11-23T02:02:01Z on"));
  EXPECT_THAT(thing_names(history::things_at(options::Topic::series, {.runs = 1}, history, now)), IsEmpty())
      << "which are of no peer";
}

TEST(past, looks_as_it_did) {
  show::Past past{.topic = options::Topic::series,
                  .run = &three_runs[0],
                  .until = std::nullopt,
                  .things = history::things_at(options::Topic::series, {.runs = 1}, three_runs, with_series({"a", "b", "c"}))};
  const std::string text = show::shown([&](show::Output& out) { show::show_past(past, show::Style(false), out); });
  past.until = past_minute(0);
  past.run = nullptr;
  past.things.clear();
  testing_support::expect_golden(
      "past.txt", text + "\n" + show::shown([&](show::Output& out) { show::show_past(past, show::Style(false), out); }));
}

struct PastCommands : testing_support::Commands {
  Json then(const std::string& topic, const std::string& moment, int exit = 0) {
    const Ran ran = at("silver", {"query", topic, "--at", moment, "--json"});
    EXPECT_EQ(ran.exit, exit) << ran.err;
    testing_support::expect_valid_json(exit == 0 ? "past" : "error", ran.out);
    return Json::parse(ran.out, nullptr, false);
  }
  std::string last_run() { return Json::parse(at("silver", {"query", "history", "--json"}).out)["runs"][0]["id"]; }
};

TEST_F(PastCommands, images_peers_and_subscriptions_of_a_run_are_known_when_they_are_gone) {
  two_servers();
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said;
  const std::string came = last_run();
  write("silver/own.bin", "bytes of its own");
  manifest("silver", "[[image]]\nname = \"own\"\nsource = \"own.bin\"\n");
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said;
  const std::string went = last_run();
  manifest("silver", "[[imagetype]]\nname = \"DB\"\nbase = \"SOFTWARE\"\n");
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said;
  const Json first = then("images", came);
  ASSERT_EQ(first["things"].size(), 1U) << first;
  EXPECT_EQ(first["things"][0]["address"], "copy.gold.a");
  EXPECT_EQ(first["things"][0]["image"]["kind"], "file");
  EXPECT_EQ(first["things"][0]["arrived"]["run"], came);
  const Json second = then("images", went);
  ASSERT_EQ(second["things"].size(), 2U);
  EXPECT_EQ(second["things"][1]["name"], "own");
  EXPECT_EQ(second["things"][1]["image"]["size"], 16);
  EXPECT_EQ(then("images", last_run())["things"].size(), 1U) << "own is gone, the copy stays";
  EXPECT_EQ(then("peers", came)["things"][0]["name"], "gold");
  EXPECT_EQ(then("subscriptions", came)["things"][0]["name"], "gold.all");
  EXPECT_TRUE(then("peers", went)["things"].empty());
  EXPECT_TRUE(then("types", went)["things"].empty());
  EXPECT_EQ(then("types", last_run())["things"][0]["name"], "DB");
  EXPECT_TRUE(then("images", "2000-01-01T00:00:00Z")["run"].is_null());
  EXPECT_EQ(then("images", "nonsense", 64)["code"], "unknown-moment");
  EXPECT_EQ(at("silver", {"query", "images", "a", "--at", came}).exit, 0);
  EXPECT_EQ(at("silver", {"query", "images", "b", "--at", came}).exit, 3);
  EXPECT_EQ(at("silver", {"query", "history", "--at", came}).exit, 64);
  EXPECT_EQ(at("silver", {"query", "images", "--peer", "gold", "--at", came}).exit, 64);
  std::filesystem::remove_all(folder / "silver/state");
  ASSERT_EQ(at("silver", {"state", "rebuild"}).exit, 0) << terminal.said;
  EXPECT_EQ(then("images", "2000-01-01T00:00:00Z", 3)["code"], "before-history");
  EXPECT_EQ(then("images", last_run())["things"].size(), 1U);
}

}  // namespace
}  // namespace ingot::past_test
