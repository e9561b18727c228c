#include "schema/error.hpp"
#include "tests/state/state_fixture.hpp"

namespace ingot::history_test {
namespace {

using history = StateTest;

state::RunStart start(const std::string& id, std::int64_t second) {
  return {.id = id,
          .started = at(second),
          .command = "apply",
          .actor = "me@here",
          .manifest_path = "ingot.toml",
          .manifest_digest = digest_of("manifest"),
          .git = ManifestCommit{.repository = "https://example.net/gold.git",
                                .ref = "refs/heads/main",
                                .commit = "c0ffee",
                                .blob = "b10b",
                                .dirty = true},
          .plan_id = "plan",
          .planned = 3};
}

TEST_F(history, keeps_a_run_with_its_actions_and_their_outcomes) {
  state.begin_run(start("20261123T020000Z-aa", 1));
  const auto done = state.begin_action("20261123T020000Z-aa", image_address(ImageName::of("a")), Verb::add, "from /stage", at(2));
  const auto failed = state.begin_action("20261123T020000Z-aa", catalog_address(), Verb::publish, "", at(3));
  const auto skipped = state.begin_action("20261123T020000Z-aa", image_address(ImageName::of("b")), Verb::delete_, "", at(4));
  state.begin_action("20261123T020000Z-aa", image_address(ImageName::of("c")), Verb::add, "", at(5));
  state.finish_action(done, Done{}, {}, at(6));
  state.finish_action(failed, Failed{Code::no_space, "the disk is full"}, {}, at(7));
  state.finish_action(skipped, Skipped{"interrupted"}, {}, at(8));
  const auto found = state.run("20261123T020000Z-aa");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->start.git, start("", 1).git);
  EXPECT_EQ(found->start.manifest_digest, digest_of("manifest"));
  EXPECT_EQ(found->start.planned, 3U);
  EXPECT_EQ(found->finished, std::nullopt);
  EXPECT_EQ(found->exit_code, std::nullopt);
  EXPECT_EQ((std::vector{found->done, found->failed, found->skipped}), (std::vector<std::uint64_t>{1, 1, 1}));
  ASSERT_EQ(found->actions.size(), 4U);
  EXPECT_EQ(found->actions[0].address, image_address(ImageName::of("a")));
  EXPECT_EQ(found->actions[0].verb, Verb::add);
  EXPECT_EQ(found->actions[0].arguments, "from /stage");
  EXPECT_EQ(found->actions[0].outcome, state::ActionEnd::done);
  EXPECT_EQ(found->actions[0].finished, at(6));
  EXPECT_EQ(found->actions[1].outcome, state::ActionEnd::failed);
  EXPECT_EQ(found->actions[1].code, Code::no_space);
  EXPECT_EQ(found->actions[1].text, "the disk is full");
  EXPECT_EQ(found->actions[2].outcome, state::ActionEnd::skipped);
  EXPECT_EQ(found->actions[2].text, "interrupted");
  EXPECT_EQ(found->actions[3].outcome, state::ActionEnd::unfinished);
  EXPECT_EQ(found->actions[3].finished, std::nullopt);
}

TEST_F(history, keeps_what_was_not_begun_when_the_run_ends) {
  state.begin_run(start("one", 1));
  state.finish_action(state.begin_action("one", catalog_address(), Verb::publish, "", at(2)), Done{}, {}, at(3));
  state.finish_run("one", at(4), 3,
                   {{.address = image_address(ImageName::of("b")),
                     .verb = Verb::add,
                     .arguments = "/stage/b",
                     .why = {.why = "interrupted"}}});
  const auto found = state.run("one");
  EXPECT_EQ((std::vector{found->done, found->failed, found->skipped}), (std::vector<std::uint64_t>{1, 0, 1}));
  ASSERT_EQ(found->actions.size(), 2U);
  EXPECT_EQ(found->actions[1].outcome, state::ActionEnd::skipped);
  EXPECT_EQ(found->actions[1].text, "interrupted");
  EXPECT_EQ(found->actions[1].arguments, "/stage/b");
  EXPECT_EQ(found->actions[1].finished, at(4));
}

TEST_F(history, knows_the_commit_that_was_applied_last) {
  EXPECT_EQ(state.applied_last(), std::nullopt);
  state::RunStart run = start("one", 1);
  state.begin_run(run);
  EXPECT_EQ(state.applied_last(), run.git);
  run.id = "two";
  run.git = std::nullopt;
  state.begin_run(run);
  run.id = "three";
  run.command = "publish";
  run.git = ManifestCommit{.repository = "r", .ref = "", .commit = "published", .blob = "", .dirty = false};
  state.begin_run(run);
  EXPECT_EQ(state.applied_last(), start("", 1).git) << "only an apply or a reconcile carries out a manifest";
  EXPECT_EQ(state.runs(1).front().start.git, run.git);
  EXPECT_EQ(state.run("two")->start.git, std::nullopt);
  run.id = "four";
  run.command = "reconcile";
  run.git->commit = "reconciled";
  state.begin_run(run);
  EXPECT_EQ(state.applied_last(), run.git);
}

TEST_F(history, finds_the_runs_that_had_to_do_with_one_address) {
  const auto do_one = [&](const std::string& run, const ImageName& image, std::int64_t second) {
    state.begin_run(start(run, second));
    state.finish_action(state.begin_action(run, image_address(image), Verb::add, "", at(second)), Done{}, {}, at(second));
    state.finish_action(state.begin_action(run, catalog_address(), Verb::publish, "", at(second)), Done{}, {}, at(second));
  };
  do_one("one", ImageName::of("a"), 1);
  do_one("two", ImageName::of("a.b"), 2);
  do_one("three", ImageName::of("a"), 3);
  const auto runs = state.runs_of(image_address(ImageName::of("a")));
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].start.id, "three");
  EXPECT_EQ(runs[1].start.id, "one");
  ASSERT_EQ(runs[1].actions.size(), 1U) << "what else the run did is not told";
  EXPECT_EQ(runs[1].actions[0].address.text, "image.a");
  EXPECT_EQ(state.runs_of(catalog_address()).size(), 3U);
  EXPECT_TRUE(state.runs_of({"image.A"}).empty());
  EXPECT_TRUE(state.runs_of({""}).empty());
}

TEST_F(history, shows_the_newest_run_first_and_how_it_ended) {
  EXPECT_FALSE(state.last_run());
  state.begin_run(start("one", 1));
  state.finish_run("one", at(2), 3);
  state.begin_run(start("two", 1));
  const auto runs = state.runs(10);
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].start.id, "two");
  EXPECT_EQ(runs[1].exit_code, 3);
  EXPECT_EQ(runs[1].finished, at(2));
  EXPECT_TRUE(runs[1].actions.empty());
  EXPECT_EQ(state.runs(1).size(), 1U);
  EXPECT_EQ(state.last_run()->start.id, "two");
}

TEST_F(history, finds_a_run_by_a_unique_prefix) {
  state.begin_run(start("abc", 1));
  state.begin_run(start("abcd", 1));
  state.begin_run(start("xyz", 1));
  EXPECT_EQ(state.run("x")->start.id, "xyz");
  EXPECT_EQ(state.run("abc")->start.id, "abc");
  EXPECT_EQ(state.run("abcd")->start.id, "abcd");
  for (const char* const none : {"ab", "", "xyzz", "%", "x%"}) EXPECT_FALSE(state.run(none)) << none;
}

TEST_F(history, begins_and_finishes_several_actions_at_once_or_none_of_them) {
  state.begin_run(start("one", 1));
  const std::int64_t before = state.begin_action("one", catalog_address(), Verb::publish, "", at(2));
  EXPECT_EQ(state.newest_action(), before);
  const auto begun = [&](std::int64_t number) {
    return state::BegunAction{.number = number,
                              .address = image_address(ImageName::of("i" + std::to_string(number))),
                              .verb = Verb::add,
                              .arguments = "",
                              .started = at(3)};
  };
  const auto done = [](std::int64_t number) { return state::FinishedAction{.number = number, .outcome = Done{}, .effects = {}}; };
  state.begin_actions("one", {begun(before + 1)});
  // Number 9 is never begun: what else the call says is not recorded either.
  EXPECT_THROW(state.finish_actions("one", {begun(before + 2)}, {done(before + 1), done(before + 9)}, at(4)), Error);
  EXPECT_EQ(state.run("one")->actions.size(), 2U);
  EXPECT_EQ(state.run("one")->done, 0U);
  EXPECT_EQ(
      state.finish_actions("one", {begun(before + 2), begun(before + 3)}, {done(before + 1), done(before + 2)}, at(5)).size(),
      2U);
  EXPECT_EQ(state.run("one")->done, 2U);
  EXPECT_EQ(state.run("one")->actions.back().outcome, state::ActionEnd::unfinished);
  EXPECT_EQ(state.begin_action("one", catalog_address(), Verb::publish, "", at(6)), before + 4) << "numbers go on behind them";
}

TEST_F(history, refuses_to_finish_what_was_never_begun) {
  EXPECT_THROW(state.finish_run("none", at(1), 0), Error);
  EXPECT_THROW(state.begin_action("none", catalog_address(), Verb::publish, "", at(1)), Error);
  EXPECT_THROW(state.finish_action(7, Done{}, {}, at(1)), Error);
  state.begin_run(start("one", 1));
  const auto action = state.begin_action("one", catalog_address(), Verb::publish, "", at(1));
  state.finish_action(action, Done{}, {}, at(1));
  EXPECT_THROW(state.finish_action(action, Done{}, {}, at(1)), Error);
  EXPECT_THROW(state.begin_run(start("one", 1)), Error);
}

TEST_F(history, R31_knows_what_failed_and_has_not_succeeded_since) {
  const auto act = [&](const std::string& address, Verb verb, const std::optional<Outcome>& outcome) {
    const auto action = state.begin_action("one", {address}, verb, "", at(2));
    if (outcome) state.finish_action(action, *outcome, {}, at(3));
  };
  state.begin_run(start("one", 1));
  act("copy.p.fails", Verb::copy, Failed{Code::unreachable, "404"});
  act("copy.p.mended", Verb::copy, Failed{Code::unreachable, "404"});
  act("copy.p.mended", Verb::copy, Done{});
  act("copy.p.again", Verb::copy, Done{});
  act("copy.p.again", Verb::repair, Failed{Code::unreachable, "404"});
  act("copy.p.killed", Verb::copy, std::nullopt);
  act("copy.p.deferred", Verb::copy, Skipped{.why = "deferred", .deferred = true});
  act("image.i", Verb::add, Failed{Code::source_missing, "it is not there"});
  EXPECT_EQ(state.snapshot().failing, (std::set<Address>{{"copy.p.again"}, {"copy.p.fails"}}));
  EXPECT_TRUE(state.snapshot({.without_copies_of = {}, .publish_copies = false, .but_names = {}, .without_failures = true})
                  .failing.empty());
}

}  // namespace
}  // namespace ingot::history_test
