// The line of a run: order, dependencies, one bad peer, interrupts, publication, account.
#include "reconciler/apply/apply.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/clock.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/net/curl_transport.hpp"
#include "schema/catalog/segments.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::apply_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using Lines = std::vector<std::string>;

class applying : public testing::Test {
 protected:
  void TearDown() override { io::pretend_interrupted(0); }

  /// A server with `count` published images "name-0" …, known here.
  std::unique_ptr<TestServer> peer(const std::string& name, int count) {
    auto server = std::make_unique<TestServer>(folder.path(), name);
    std::vector<plan::Change> changes;
    for (int i = 0; i < count; ++i) {
      const std::string image = name + "-" + std::to_string(i);
      changes.push_back(add(*server, image, "bytes of " + image));
    }
    changes.push_back(publish_change());
    EXPECT_EQ(server->apply(changes).exit_code, 0);
    here.know(*server);
    return server;
  }
  std::size_t count(const std::string& line) {
    const Lines lines = here.events.lines();
    return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), line));
  }
  std::size_t place(const std::string& line) {
    const Lines lines = here.events.lines();
    return static_cast<std::size_t>(std::find(lines.begin(), lines.end(), line) - lines.begin());
  }

  TestFolder folder;
  TestServer here{folder.path(), "here"};
};

TEST_F(applying, R23_actions_go_in_the_plans_order_and_series_wait_for_copies) {
  const auto oslo = peer("oslo", 3);
  const apply::Account account =
      here.apply({register_change(*oslo), publish_change(), copy_change(*oslo, "oslo-0", {"peer.oslo"}),
                  copy_change(*oslo, "oslo-1", {"peer.oslo"}), copy_change(*oslo, "oslo-2", {"peer.oslo"}),
                  series_change("s", {"oslo-0", "oslo-2"}, {"copy.oslo.oslo-0", "copy.oslo.oslo-2"})});
  EXPECT_EQ(account.exit_code, 0);
  EXPECT_EQ(here.events.lines().front(), "begin 6");
  EXPECT_LT(place("done peer.oslo"), place("start copy.oslo.oslo-0"));
  for (const char* copy : {"done copy.oslo.oslo-0", "done copy.oslo.oslo-1", "done copy.oslo.oslo-2"}) {
    EXPECT_LT(place(copy), place("start series.s"));
  }
  EXPECT_EQ(here.state().snapshot().series.at(0).members.size(), 2U);
}

TEST_F(applying, publishes_at_its_place_and_once_more_if_more_came_since) {
  const auto oslo = peer("oslo", 1);
  const Serial before = here.tree().serial;
  here.apply({register_change(*oslo), add(here, "mine", "mine"), publish_change(), copy_change(*oslo, "oslo-0")});
  EXPECT_EQ(here.tree().serial, before + 2);
  EXPECT_EQ(here.tree().images.size(), 2U);
  EXPECT_EQ(count("done catalog"), 1U) << "the last publication ends the action";
  EXPECT_EQ(here.events.lines().back(), "done catalog");
}

TEST_F(applying, what_depends_on_a_failure_is_skipped_and_the_rest_goes_on) {
  LocalImage parent = local_image("parent", folder.path() + "/nowhere");
  LocalImage child = local_image("child", here.source("c", "c"));
  child.parent = parent.name;
  const apply::Account account =
      here.apply({add(parent), add(child, {"image.parent"}), add(here, "other", "o"), publish_change()});
  EXPECT_EQ(lines_of(account), (Lines{"done image.other", "done catalog", "failed image.parent source-missing",
                                      "skipped image.child depends on \"image.parent\", which failed"}));
  EXPECT_EQ(account.exit_code, 3);
  EXPECT_EQ(here.tree().images.size(), 1U) << "others see what is done";
}

TEST_F(applying, R19_one_bad_peer_never_stops_the_others) {
  const auto oslo = peer("oslo", 2);
  const auto bergen = peer("bergen", 2);
  const auto tromso = peer("tromso", 1);
  here.transport.peers["oslo"].unreachable = true;
  here.transport.peers["tromso"].tampered = [](std::string bytes) { return std::string(bytes.size(), 'x'); };
  const apply::Account account =
      here.apply({register_change(*oslo), register_change(*bergen), register_change(*tromso), copy_change(*oslo, "oslo-0"),
                  copy_change(*tromso, "tromso-0"), copy_change(*bergen, "bergen-0"), copy_change(*oslo, "oslo-1"),
                  copy_change(*bergen, "bergen-1")});
  EXPECT_EQ(here.image_names(), (Lines{"bergen-0", "bergen-1"}));
  EXPECT_EQ(account.failed.size(), 3U);
  EXPECT_EQ(std::get<Failed>(account.failed.at(0).outcome).code, Code::unreachable);
  EXPECT_EQ(std::get<Failed>(account.failed.at(1).outcome).code, Code::untrusted);
  EXPECT_EQ(account.exit_code, 4);
  EXPECT_EQ(here.tree().faults, Lines());

  here.transport.peers["oslo"].unreachable = false;
  here.transport.peers["tromso"].tampered = nullptr;
  const apply::Account again =
      here.apply({copy_change(*oslo, "oslo-0"), copy_change(*tromso, "tromso-0"), copy_change(*oslo, "oslo-1")});
  EXPECT_EQ(again.exit_code, 0) << testing::PrintToString(lines_of(again));
  EXPECT_EQ(here.image_names().size(), 5U);
}

TEST_F(applying, a_series_is_done_with_the_copies_that_came) {
  const auto oslo = peer("oslo", 2);
  here.transport.peers["oslo"].before = [&](const io::Request& request) {
    here.transport.peers["oslo"].unreachable =
        request.path.find(oslo->entry("oslo-0").packed->file.digest.hex()) != std::string::npos;
  };
  here.parallel = 1;
  const apply::Account account = here.apply({register_change(*oslo), copy_change(*oslo, "oslo-0"), copy_change(*oslo, "oslo-1"),
                                             series_change("s", {"oslo-0", "oslo-1"}, {"copy.oslo.oslo-0", "copy.oslo.oslo-1"})});
  EXPECT_EQ(account.exit_code, 3);
  const state::SeriesRow series = here.state().snapshot().series.at(0);
  ASSERT_EQ(series.members.size(), 1U);
  EXPECT_EQ(series.members[0].name.text(), "oslo-1");
}

TEST_F(applying, keeps_to_the_parallel_requests_of_a_peer) {
  const auto oslo = peer("oslo", 8);
  here.manifest.peers.at(0).parallel = 2;
  here.parallel = 8;
  std::vector<plan::Change> changes{register_change(*oslo)};
  for (int i = 0; i < 8; ++i) changes.push_back(copy_change(*oslo, "oslo-" + std::to_string(i)));
  EXPECT_EQ(here.apply(changes).exit_code, 0);
  EXPECT_LE(here.transport.most_at_once, 2);
}

TEST_F(applying, R31_a_peer_that_fails_is_left_and_its_other_copies_are_not_begun) {
  const auto oslo = peer("oslo", 4);
  const auto bergen = peer("bergen", 2);
  here.transport.peers["oslo"].failing = true;
  here.parallel = 1;
  const apply::Account account =
      here.apply({register_change(*oslo), register_change(*bergen), copy_change(*oslo, "oslo-0"), copy_change(*oslo, "oslo-1"),
                  copy_change(*bergen, "bergen-0"), copy_change(*oslo, "oslo-2"), copy_change(*bergen, "bergen-1")});
  EXPECT_EQ(lines_of(account), (Lines{"done peer.oslo", "done peer.bergen", "done copy.bergen.bergen-0",
                                      "done copy.bergen.bergen-1", "failed copy.oslo.oslo-0 peer-failing",
                                      "skipped copy.oslo.oslo-1 peer-failing: peer \"oslo\" failed too often in this run",
                                      "skipped copy.oslo.oslo-2 peer-failing: peer \"oslo\" failed too often in this run"}));
  EXPECT_EQ(account.exit_code, 3);
  here.transport.peers["oslo"].failing = false;
  EXPECT_EQ(here.apply({copy_change(*oslo, "oslo-0"), copy_change(*oslo, "oslo-1")}).exit_code, 0) << "the next run asks again";
}

TEST_F(applying, images_with_the_same_bytes_are_fetched_once) {
  const auto oslo = peer("oslo", 0);
  oslo->apply({add(*oslo, "a", "same"), add(*oslo, "b", "same"), publish_change()});
  here.parallel = 8;
  const apply::Account account = here.apply({register_change(*oslo), copy_change(*oslo, "a"), copy_change(*oslo, "b")});
  EXPECT_EQ(account.exit_code, 0) << testing::PrintToString(lines_of(account));
  std::uint64_t fetched = 0;
  for (const apply::ActionResult& one : account.done) fetched += one.fetched;
  EXPECT_EQ(fetched, oslo->entry("a").packed->file.length);
}

std::string random_looking(std::size_t length) {
  std::string bytes(length, '\0');
  std::uint64_t state = 88172645463325252U;
  for (char& byte : bytes) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    byte = static_cast<char>(state & 0xFFU);
  }
  return bytes;
}

TEST_F(applying, a_copy_that_was_interrupted_goes_on_at_its_segment) {
  const auto oslo = peer("oslo", 0);
  oslo->apply({add(*oslo, "large", random_looking(22'000'000)), publish_change()});
  const Packed packed = *oslo->entry("large").packed;
  ASSERT_EQ(packed.segments, 6U);
  here.transport.peers["oslo"].after_bytes = [](std::uint64_t given) {
    if (given > 13'000'000) io::pretend_interrupted(SIGINT);
  };
  here.parallel = 2;
  const apply::Account first = here.apply({register_change(*oslo), copy_change(*oslo, "large")});
  EXPECT_EQ(first.exit_code, 130);
  EXPECT_EQ(lines_of(first), (Lines{"done peer.oslo", "skipped copy.oslo.large interrupted"}));

  io::pretend_interrupted(0);
  here.transport.peers["oslo"].after_bytes = nullptr;
  here.reopen();
  const apply::Account second = here.apply({copy_change(*oslo, "large")});
  EXPECT_EQ(second.exit_code, 0) << testing::PrintToString(here.events.lines());
  EXPECT_GT(second.done.at(0).fetched, 0U);
  EXPECT_LT(second.done.at(0).fetched, packed.file.length - segment_size) << "nothing was kept";
  EXPECT_EQ(here.events.last_progress().at("copy.oslo.large").done, packed.file.length);
}

TEST_F(applying, copies_from_a_mounted_disk_by_curl) {
  const auto oslo = peer("oslo", 2);
  io::SystemClock clock;
  io::CurlTransport curl(clock);
  here.manifest.peers.at(0).urls = {"file://" + oslo->public_folder() + "/"};
  here.transport_to = &curl;
  const apply::Account account = here.apply({register_change(*oslo), copy_change(*oslo, "oslo-0"), copy_change(*oslo, "oslo-1")});
  EXPECT_EQ(account.exit_code, 0) << testing::PrintToString(here.events.lines());
  EXPECT_EQ(here.image_names(), (Lines{"oslo-0", "oslo-1"}));
}

TEST_F(applying, deferred_work_is_accounted_for_and_exits_0) {
  const auto oslo = peer("oslo", 1);
  plan::Change deferred = copy_change(*oslo, "oslo-0");
  deferred.deferred = true;
  deferred.deferred_why = "past max_bytes";
  apply::Account account = here.apply({register_change(*oslo), deferred});
  EXPECT_EQ(account.exit_code, 0);
  EXPECT_EQ(lines_of(account), (Lines{"done peer.oslo", "skipped copy.oslo.oslo-0 deferred: past max_bytes"}));
  account = here.apply({deferred});
  EXPECT_EQ(lines_of(account), (Lines{"skipped copy.oslo.oslo-0 deferred: past max_bytes"}));
}

TEST_F(applying, R22_a_run_with_nothing_to_do_writes_nothing) {
  here.apply({add(here, "db", "x"), publish_change()});
  const auto generation = here.state().generation();
  const auto runs = here.state().runs(10).size();
  const std::string head = here.tree().head_digest;
  const apply::Account account = here.apply(std::vector<plan::Change>{});
  EXPECT_EQ(account.exit_code, 0);
  EXPECT_EQ(here.state().generation(), generation);
  EXPECT_EQ(here.state().runs(10).size(), runs);
  EXPECT_EQ(here.tree().head_digest, head);
}

TEST_F(applying, renews_a_head_whose_life_is_half_over) {
  const Serial before = here.tree().serial;
  here.clock.time += here.manifest.server.head_ttl / 2 + std::chrono::seconds(1);
  here.apply(std::vector<plan::Change>{});
  EXPECT_EQ(here.tree().serial, before + 1);
  EXPECT_EQ(here.events.lines().back(),
            "note renewed the head, valid until " + time_text(here.clock.time + here.manifest.server.head_ttl));
}

TEST_F(applying, the_history_tells_what_became_of_every_action) {
  LocalImage gone = local_image("gone", folder.path() + "/nowhere");
  here.apply({add(here, "db", "x"), add(gone), publish_change()});
  const auto run = here.state().run(here.state().last_run()->start.id);
  ASSERT_TRUE(run && run->finished);
  EXPECT_EQ(run->exit_code, 3);
  ASSERT_EQ(run->actions.size(), 3U);
  EXPECT_EQ(run->actions[0].outcome, state::ActionEnd::done);
  EXPECT_EQ(run->actions[1].outcome, state::ActionEnd::failed);
  EXPECT_EQ(run->actions[1].code, Code::source_missing);
  EXPECT_EQ(run->actions[2].outcome, state::ActionEnd::done);
}

TEST_F(applying, the_history_tells_what_was_not_begun_and_why) {
  const auto oslo = peer("oslo", 1);
  LocalImage child = local_image("child", here.source("c", "c"));
  child.parent = ImageName::of("gone");
  plan::Change deferred = copy_change(*oslo, "oslo-0");
  deferred.deferred = true;
  here.apply({add(local_image("gone", folder.path() + "/nowhere")), add(child, {"image.gone"}), publish_change(), deferred});
  const auto run = here.state().run(here.state().last_run()->start.id);
  ASSERT_EQ(run->actions.size(), 4U);
  EXPECT_EQ((std::vector{run->done, run->failed, run->skipped, run->deferred}), (std::vector<std::uint64_t>{0, 1, 2, 1}));
  EXPECT_EQ(run->actions[3].address.text, "copy.oslo.oslo-0");
  EXPECT_EQ(run->actions[3].code, Code::deferred) << "a later run goes on with it";
  EXPECT_EQ(run->actions[2].address.text, "image.child");
  EXPECT_EQ(run->actions[2].outcome, state::ActionEnd::skipped);
  EXPECT_EQ(run->actions[2].text, "depends on \"image.gone\", which failed");
  EXPECT_THAT(run->actions[2].arguments, testing::StartsWith(*child.source));
  EXPECT_EQ(run->actions[2].finished, here.clock.time);
}

/// Calls `at_start` when an action begins.
struct WatchingEvents final : apply::Events {
  std::function<void(const plan::Change&)> at_start;
  void begin(const plan::Plan&) override {}
  void start(const plan::Change& change) override { at_start(change); }
  void progress(const apply::ActionProgress&) override {}
  void end(const plan::Change&, const apply::ActionResult&) override {}
  void note(const std::string&) override {}
};

TEST_F(applying, when_a_window_closes_no_more_is_fetched_and_what_is_under_way_ends) {
  const auto oslo = peer("oslo", 3);
  here.manifest.limits.windows = {{.opens = 22 * 60, .closes = 5 * 60}};
  here.clock.time = Time(std::chrono::days(20'000)) + std::chrono::hours(4);
  here.parallel = 1;
  WatchingEvents watching;
  watching.at_start = [&](const plan::Change& change) {
    if (change.address.text == "copy.oslo.oslo-0") here.clock.time += std::chrono::hours(1);
  };
  here.events_to = &watching;
  const std::vector<plan::Change> changes{register_change(*oslo), copy_change(*oslo, "oslo-0"), copy_change(*oslo, "oslo-1"),
                                          copy_change(*oslo, "oslo-2", {"copy.oslo.oslo-1"}), publish_change()};
  const apply::Account account = here.apply(changes);
  EXPECT_EQ(account.exit_code, 0);
  const std::string closed = "deferred: it is outside of `window` (22:00-05:00), which opens at 22:00 (local time)";
  EXPECT_EQ(lines_of(account),
            (Lines{"done peer.oslo", "done copy.oslo.oslo-0", "done catalog", "skipped copy.oslo.oslo-1 " + closed,
                   "skipped copy.oslo.oslo-2 deferred: depends on \"copy.oslo.oslo-1\", which is deferred"}));
  EXPECT_EQ(here.state().last_run()->deferred, 2U);
  EXPECT_TRUE(here.tree().images.contains("oslo-0")) << "what came is published";
}

TEST_F(applying, after_its_deadline_a_run_begins_nothing_and_stops_its_copies_which_keep_what_they_have) {
  const auto oslo = peer("oslo", 2);
  here.apply({register_change(*oslo), copy_change(*oslo, "oslo-0"), publish_change()});
  state::ImageRow row = here.image("oslo-0");
  row.state = ImageState::withdrawn;
  row.withdrawn_by_origin = true;
  here.deadline = here.clock.steady() + std::chrono::hours(1);
  here.parallel = 1;
  WatchingEvents watching;
  watching.at_start = [&](const plan::Change& change) {
    if (change.address.text == "copy.oslo.oslo-1") here.clock.passed = std::chrono::hours(2);
  };
  here.events_to = &watching;
  const apply::Account account = here.apply(
      {copy_change(*oslo, "oslo-1"), add(here, "late", "late"),
       change_of(copy_address(ServerName::of("oslo"), row.name), plan::WithdrawCopy{.peer = ServerName::of("oslo"), .row = row}),
       publish_change()});
  EXPECT_EQ(account.exit_code, 0);
  const std::string over = "deferred: the deadline of this run is over";
  EXPECT_EQ(lines_of(account),
            (Lines{"done copy.oslo.oslo-0", "done catalog", "skipped copy.oslo.oslo-1 " + over, "skipped image.late " + over}))
      << "a withdrawal waits for nothing, and what was done is published";
  EXPECT_EQ(here.state().last_run()->deferred, 2U);
  EXPECT_EQ(here.tree().faults, Lines());

  here.deadline = std::nullopt;
  here.events_to = nullptr;
  EXPECT_EQ(lines_of(here.apply({copy_change(*oslo, "oslo-1"), publish_change()})),
            (Lines{"done copy.oslo.oslo-1", "done catalog"}));
}

TEST_F(applying, R21_past_its_deadline_a_run_still_does_withdrawals_and_what_they_need) {
  const auto oslo = peer("oslo", 1);
  here.apply({register_change(*oslo), copy_change(*oslo, "oslo-0"), add(here, "own", "own"), publish_change()});
  const auto withdrawn = [&](const char* image) {
    state::ImageRow row = here.image(image);
    row.state = ImageState::withdrawn;
    return row;
  };
  plan::Change withdrawal = change_of(copy_address(ServerName::of("oslo"), ImageName::of("oslo-0")),
                                      plan::WithdrawCopy{.peer = ServerName::of("oslo"), .row = withdrawn("oslo-0")});
  withdrawal.after = {peer_address(ServerName::of("oslo"))};
  here.deadline = here.clock.steady() + std::chrono::hours(1);
  here.clock.passed += std::chrono::hours(2);
  const apply::Account account = here.apply(
      {register_change(*oslo), withdrawal,
       change_of(image_address(ImageName::of("own")), plan::UpdateImage{.row = withdrawn("own"), .changes = {"state"}}),
       add(here, "late", "late"), publish_change()});
  EXPECT_EQ(lines_of(account), (Lines{"done peer.oslo", "done copy.oslo.oslo-0", "done image.own", "done catalog",
                                      "skipped image.late deferred: the deadline of this run is over"}));
  EXPECT_EQ(here.entry("oslo-0").state(), ImageState::withdrawn);
  EXPECT_EQ(here.entry("own").state(), ImageState::withdrawn);
}

TEST_F(applying, the_run_that_ends_a_failure_is_in_the_history_and_the_next_idle_one_is_not) {
  here.apply({add(local_image("gone", folder.path() + "/nowhere"))});
  ASSERT_EQ(here.state().last_run()->exit_code, 3);
  const auto runs = here.state().runs(10).size();
  here.apply(std::vector<plan::Change>{});
  EXPECT_EQ(here.state().last_run()->exit_code, 0);
  here.apply(std::vector<plan::Change>{});
  EXPECT_EQ(here.state().runs(10).size(), runs + 1);
}

TEST_F(applying, the_run_after_one_that_died_is_in_the_history) {
  here.apply({add(here, "a", "a"), publish_change()});
  state::RunStart died = here.state().last_run()->start;
  died.id = "died";
  here.state().begin_run(died);
  here.apply(std::vector<plan::Change>{});
  const auto runs = here.state().runs(2);
  EXPECT_EQ(runs[0].exit_code, 0);
  EXPECT_EQ(runs[1].start.id, "died");
  here.apply(std::vector<plan::Change>{});
  EXPECT_EQ(here.state().last_run()->start.id, runs[0].start.id);
}

TEST_F(applying, the_history_of_an_interrupted_run_has_every_action) {
  InterruptingEvents interrupting;
  interrupting.at = 1;
  here.events_to = &interrupting;
  here.apply({add(here, "a", "a"), add(here, "b", "b"), add(here, "c", "c"), publish_change()});
  io::pretend_interrupted(0);
  const auto run = here.state().run(here.state().last_run()->start.id);
  Lines lines;
  for (const state::ActionRecord& action : run->actions)
    lines.push_back(std::string(text_of(action.outcome)) + " " + action.address.text + " " + action.text);
  EXPECT_EQ(lines, (Lines{"done image.a ", "skipped image.b interrupted", "skipped image.c interrupted",
                          "skipped catalog interrupted"}));
}

TEST_F(applying, a_publication_for_which_nothing_came_is_not_counted_as_done) {
  const Serial before = here.tree().serial;
  const apply::Account account = here.apply({add(local_image("gone", folder.path() + "/nowhere")), publish_change()});
  EXPECT_EQ(lines_of(account), (Lines{"failed image.gone source-missing", "skipped catalog there was nothing to publish"}));
  EXPECT_EQ(here.tree().serial, before);
}

TEST_F(applying, the_heads_that_were_accepted_raise_the_floors_and_are_noted) {
  const auto oslo = peer("oslo", 1);
  here.apply({register_change(*oslo)});
  oslo->apply({add(*oslo, "more", "more"), publish_change()});
  here.seen = {oslo->head()};
  here.apply(std::vector<plan::Change>{});
  EXPECT_EQ(here.state().floor(oslo->card().id)->serial, oslo->head().serial);
  EXPECT_EQ(here.state().registrations().at(0).head, oslo->head().digest);
  here.seen.clear();
}

TEST_F(applying, a_display_that_cannot_be_written_does_not_stop_the_work) {
  struct Broken final : apply::Events {
    void begin(const plan::Plan&) override { throw std::runtime_error("broken pipe"); }
    void start(const plan::Change&) override { throw std::runtime_error("broken pipe"); }
    void progress(const apply::ActionProgress&) override { throw std::runtime_error("broken pipe"); }
    void end(const plan::Change&, const apply::ActionResult&) override { throw std::runtime_error("broken pipe"); }
    void note(const std::string&) override { throw std::runtime_error("broken pipe"); }
  };
  Broken broken;
  here.events_to = &broken;
  EXPECT_EQ(here.apply({add(here, "db", "x"), publish_change()}).exit_code, 0);
  EXPECT_EQ(here.tree().images.size(), 1U);
}

TEST_F(applying, an_interrupt_at_any_action_leaves_a_consistent_state_and_a_whole_account) {
  const auto oslo = peer("oslo", 2);
  for (std::size_t at = 0; at < 6; ++at) {
    SCOPED_TRACE(at);
    TestServer there(folder.path(), "there" + std::to_string(at));
    there.know(*oslo);
    const std::vector<plan::Change> changes{
        register_change(*oslo),       add(there, "mine", "mine"),   publish_change(),
        copy_change(*oslo, "oslo-0"), copy_change(*oslo, "oslo-1"), series_change("s", {"oslo-0", "mine"}, {"copy.oslo.oslo-0"})};
    InterruptingEvents interrupting;
    interrupting.at = at;
    there.events_to = &interrupting;
    there.parallel = 1;
    const apply::Account account = there.apply(changes);
    EXPECT_EQ(account.exit_code, 130);
    EXPECT_EQ(account.done.size() + account.failed.size() + account.not_started.size(), changes.size());
    EXPECT_TRUE(account.failed.empty()) << testing::PrintToString(lines_of(account));
    EXPECT_EQ(there.tree().faults, Lines());
    EXPECT_EQ(there.state().last_run()->exit_code, 130);
    there.state().check();

    io::pretend_interrupted(0);
    there.events_to = nullptr;
    there.reopen();
    std::vector<plan::Change> rest;
    for (const plan::Change& change : changes) {
      const bool left = std::any_of(account.not_started.begin(), account.not_started.end(),
                                    [&](const apply::ActionResult& result) { return result.address == change.address; });
      if (left) rest.push_back(change);
    }
    EXPECT_EQ(there.apply(rest).exit_code, 0);
    EXPECT_EQ(there.image_names(), (Lines{"mine", "oslo-0", "oslo-1"}));
    EXPECT_EQ(there.tree().faults, Lines());
    EXPECT_EQ(there.tree().images.size(), 3U);
    EXPECT_EQ(there.tree().series.at("s"), (Lines{"oslo-0", "mine"}));
  }
}

TEST_F(applying, SIGTERM_while_a_copy_waits_for_its_peer_ends_with_143) {
  const auto oslo = peer("oslo", 1);
  here.transport.peers["oslo"].before = [](const io::Request&) { io::pretend_interrupted(SIGTERM); };
  const apply::Account account = here.apply({register_change(*oslo), copy_change(*oslo, "oslo-0")});
  EXPECT_EQ(account.exit_code, 143);
  EXPECT_EQ(lines_of(account), (Lines{"done peer.oslo", "skipped copy.oslo.oslo-0 interrupted"}));
}

}  // namespace
}  // namespace ingot::apply_test
