// Every list and report as text (golden) and as JSON (against its schema).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/command/questions/query_rows.hpp"
#include "reconciler/command/questions/shown_peers.hpp"
#include "reconciler/show/catalog/show_findings.hpp"
#include "reconciler/show/catalog/show_images.hpp"
#include "reconciler/show/plan/show_explain.hpp"
#include "reconciler/show/run/show_problems.hpp"
#include "reconciler/show/run/show_runs.hpp"
#include "reconciler/show/run/show_status.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/golden.hpp"
#include "tests/command/sample_plan.hpp"

namespace ingot::lists_test {
namespace {

using namespace testing_support;

const Time now{Seconds(1'795'000'000)};
const show::Style plain{false};

template <class Show>
std::string text_of_shown(Show show) {
  return show::shown([&](show::Output& out) { show(plain, out); });
}
template <class Show>
std::string json_of(Show show) {
  return show::shown([&](show::Output& out) { show(out); });
}

state::Snapshot sample_snapshot() {
  state::Snapshot snapshot;
  state::ImageRow copy = sample_row("db19_24"), own = sample_row("own"), dead = sample_row("dead");
  copy.key = 1;
  own.key = 2;
  own.copy = false;
  own.identity = std::nullopt;
  own.copied_from = std::nullopt;
  own.origin_name = ServerName::of("fpps-1");
  own.is_private = true;
  own.managed = true;
  own.created = std::nullopt;
  own.parent = 1;
  own.parent_name = "db19_24";
  own.state = ImageState::withdrawn;
  own.reason = "it \x1b[31m leaks";
  own.papers.peer = std::nullopt;
  own.papers.head = std::nullopt;
  dead.key = 3;
  dead.deleted = true;
  snapshot.images = {copy, dead, own};
  snapshot.series = {{.name = SeriesName::of("db19"),
                      .managed = true,
                      .members = {{1, copy.name}, {2, own.name}},
                      .follow = Follow{ServerName::of("fpps-2"), SeriesName::of("db19")},
                      .wanted = {}},
                     {.name = SeriesName::of("empty"), .managed = true, .members = {}, .follow = {}, .wanted = {}}};
  snapshot.types = {{.name = TypeName::of("DB_PSU"), .base = TypeName::of("ORACLEDBSOFTWARE"), .managed = false, .images = 4}};
  state::SubscriptionRow stopped = sample_subscription();
  stopped.selector = SelectAll{};
  stopped.stopped = 12;
  snapshot.subscriptions = {sample_subscription(), stopped};
  return snapshot;
}

std::vector<show::ShownImage> sample_images() { return show::images_here(sample_snapshot(), sample_id("fpps-1"), {2}); }

TEST(show_images, as_a_table_and_as_json) {
  expect_golden("images.txt", text_of_shown([](auto& style, auto& out) { show::show_images(sample_images(), style, out); }));
  const std::string json = json_of([](auto& out) { show::show_images_json(sample_images(), out); });
  expect_valid_json("images", json);
  expect_valid_json("images", json_of([](auto& out) { show::show_images_json({}, out); }));
}

TEST(show_images, json_is_what_it_was) {
  expect_golden("images.json", json_of([](auto& out) { show::show_images_json(sample_images(), out); }));
}

TEST(show_image, says_everything_about_one) {
  expect_golden("image.txt", text_of_shown([](auto& style, auto& out) {
                  show::show_image(sample_images()[1], {"child-1", "child-2"}, style, out);
                }));
}

TEST(images_of, a_peers_catalog_has_the_same_shape_and_null_for_what_cannot_be_known) {
  Catalog catalog;
  catalog.images.push_back(*std::get<plan::CopyImage>(sample_copy("db19_25", 10, 5).action).entry);
  catalog.series.push_back(
      {.name = SeriesName::of("db19"),
       .created = 1,
       .members = {{catalog.images[0].identity, 3}, {ImageIdentity{sample_id("x"), ImageName::of("gone"), 1}, 2}}});
  const auto images = show::images_of(catalog);
  ASSERT_EQ(images.size(), 1U);
  EXPECT_FALSE(images[0].managed.has_value());
  EXPECT_FALSE(images[0].is_private.has_value());
  EXPECT_EQ(images[0].series.size(), 1U);
  expect_valid_json("images", json_of([&](auto& out) { show::show_images_json(images, out); }));
  EXPECT_EQ(command::series_of(catalog)[0].images.size(), 1U) << "what the catalog does not list any more has no name to show";
}

std::vector<show::ShownPeer> sample_peers() {
  Manifest manifest{.path = "ingot.toml",
                    .digest = {},
                    .server = {.name = ServerName::of("fpps-1"), .url = {}, .clients = {}, .targets = {}, .at = {}},
                    .limits = {},
                    .guard = {},
                    .peers = {},
                    .types = {},
                    .images = {},
                    .series = {},
                    .subscriptions = {},
                    .copies = {}};
  for (const char* name : {"fpps-4", "fpps-2"}) {
    const ServerName peer = ServerName::of(name);
    manifest.peers.push_back({.name = peer,
                              .card_path = "x",
                              .card = {peer, "https://gold.example.net/", sample_id(name)},
                              .urls = {"https://gold.example.net/"},
                              .credentials = {},
                              .max_age = {},
                              .bandwidth = {},
                              .parallel = {},
                              .replaces = {},
                              .at = {}});
  }
  const std::vector<state::Registration> registrations{{.name = ServerName::of("fpps-2"),
                                                        .own_name = ServerName::of("fpps-2"),
                                                        .id = sample_id("fpps-2"),
                                                        .urls = {"https://gold.example.net/", "https://mirror.example.net/"},
                                                        .serial = 40,
                                                        .head = {},
                                                        .registered = now,
                                                        .seen = now}};
  site::LastPlan last;
  last.peers[sample_id("fpps-2")] = {.status = Code::ok,
                                     .asked = now + Seconds(60),
                                     .serial = 41,
                                     .seen = now + Seconds(60),
                                     .text = "",
                                     .url = "https://mirror.example.net/"};
  last.peers[sample_id("fpps-4")] = {
      .status = Code::untrusted, .asked = now, .serial = std::nullopt, .seen = std::nullopt, .text = "a rollback"};
  return command::shown_peers(manifest, registrations, last);
}

TEST(show_peers, registered_ones_and_those_that_only_the_manifest_names) {
  ASSERT_EQ(sample_peers().size(), 2U);
  EXPECT_EQ(sample_peers()[0].serial, 41U) << "the last plan saw a newer head than the last apply";
  expect_golden("peers.txt", text_of_shown([](auto& style, auto& out) { show::show_peers(sample_peers(), style, out); }));
  expect_valid_json("peers", json_of([](auto& out) { show::show_peers_json(sample_peers(), out); }));
}

TEST(show_subscriptions, those_that_are_instantiated) {
  site::LastPlan last;
  last.blocked["subscription.renamed.series.db19"] = "the peer has no such series";
  state::Snapshot snapshot = sample_snapshot();
  snapshot.registrations = {{.name = ServerName::of("renamed"),
                             .own_name = ServerName::of("fpps-2"),
                             .id = sample_id("fpps-2"),
                             .urls = {},
                             .serial = 41,
                             .head = {},
                             .registered = now,
                             .seen = now}};
  const auto rows = command::subscription_rows(snapshot, last);
  ASSERT_EQ(rows.size(), 1U);
  expect_golden("subscriptions.txt", text_of_shown([&](auto& style, auto& out) { show::show_subscriptions(rows, style, out); }));
  expect_valid_json("subscriptions", json_of([&](auto& out) { show::show_subscriptions_json(rows, out); }));
}

TEST(show_series, R21_the_latest_is_the_last_that_is_not_withdrawn) {
  const auto one = [](std::set<ImageName> withdrawn) {
    const std::vector<show::ShownSeries> rows{{.name = SeriesName::of("db19"),
                                               .images = {ImageName::of("a"), ImageName::of("b")},
                                               .follows = {},
                                               .withdrawn = std::move(withdrawn)}};
    return text_of_shown([&](auto& style, auto& out) { show::show_series(rows, style, out); });
  };
  EXPECT_NE(one({}).find("  b\n"), std::string::npos);
  EXPECT_NE(one({ImageName::of("b")}).find("a (b is withdrawn)"), std::string::npos);
  EXPECT_NE(one({ImageName::of("b")}).find("  b, withdrawn\n"), std::string::npos);
  EXPECT_NE(one({ImageName::of("a"), ImageName::of("b")}).find("- (b is withdrawn)"), std::string::npos);
}

TEST(show_series, with_members_in_order) {
  const auto rows = command::series_rows(sample_snapshot());
  expect_golden("series.txt", text_of_shown([&](auto& style, auto& out) { show::show_series(rows, style, out); }));
  const std::string json = json_of([&](auto& out) { show::show_series_json(rows, out); });
  expect_valid_json("series", json);
  EXPECT_NE(json.find("\"latest\":\"" + rows[0].images[0].text() + "\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"latest\":null"), std::string::npos) << json;
}

TEST(show_types, built_in_and_custom) {
  const auto rows = command::type_rows(sample_snapshot());
  expect_golden("types.txt", text_of_shown([&](auto& style, auto& out) { show::show_types(rows, style, out); }));
  expect_valid_json("types", json_of([&](auto& out) { show::show_types_json(rows, out); }));
  expect_valid_json("types", json_of([&](auto& out) { show::show_types_json(command::types_of({}), out); }));
}

state::RunRecord sample_run() {
  state::RunRecord run{.start = {.id = "20261118T093320Z-1a2b3c",
                                 .started = now,
                                 .command = "apply",
                                 .actor = "ann@gold",
                                 .manifest_path = "ingot.toml",
                                 .manifest_digest = io::sha256("m"),
                                 .git = ManifestCommit{.repository = "https://example.net/gold.git",
                                                       .ref = "refs/heads/main",
                                                       .commit = std::string(40, 'c'),
                                                       .blob = std::string(40, 'b'),
                                                       .dirty = true},
                                 .plan_id = io::sha256("p").text(),
                                 .planned = 3},
                       .finished = now + Seconds(70),
                       .exit_code = 3,
                       .done = 2,
                       .failed = 1,
                       .skipped = 0,
                       .actions = {}};
  run.actions = {{.sequence = 1,
                  .address = {"copy.fpps-2.db19_25"},
                  .verb = Verb::copy,
                  .arguments = "4.1 GB",
                  .outcome = state::ActionEnd::done,
                  .code = Code::none,
                  .text = "",
                  .started = now,
                  .finished = now},
                 {.sequence = 2,
                  .address = {"copy.fpps-2.db19_26"},
                  .verb = Verb::copy,
                  .arguments = "",
                  .outcome = state::ActionEnd::failed,
                  .code = Code::unreachable,
                  .text = "no connection",
                  .started = now,
                  .finished = now}};
  return run;
}

TEST(show_runs, newest_first_and_a_run_that_died) {
  state::RunRecord died = sample_run();
  died.finished = std::nullopt;
  died.exit_code = std::nullopt;
  expect_golden("history.txt", text_of_shown([&](auto& style, auto& out) { show::show_runs({sample_run(), died}, style, out); }));
  expect_valid_json("history", json_of([&](auto& out) { show::show_runs_json({sample_run(), died}, out); }));
  expect_golden("run.txt", text_of_shown([&](auto& style, auto& out) { show::show_run(sample_run(), style, out); }));
}

TEST(show_explain, with_its_evidence) {
  const std::vector<plan::Subject> subjects{
      {.address = "copy.fpps-2.db19_25",
       .verdict = plan::SubjectVerdict::planned,
       .code = Code::subscription,
       .text = "it is copied",
       .because = {reason(Code::subscription, "subscription.fpps-2.all", 41, "all")},
       .evidence = plan::Evidence{ServerName::of("fpps-2"), "https://gold.example.net/", io::sha256("head"), 41, now}},
      {.address = "image.old",
       .verdict = plan::SubjectVerdict::not_wanted,
       .code = Code::before_baseline,
       .text = "it lies before the baseline",
       .because = {},
       .evidence = std::nullopt}};
  expect_golden("explain.txt", text_of_shown([&](auto& style, auto& out) { show::show_explain(subjects, style, out); }));
  expect_valid_json("explain", json_of([&](auto& out) { show::show_explain_json(subjects, out); }));
}

TEST(show_status, is_one_screen) {
  show::Status status{.server = ServerName::of("fpps-1"),
                      .id = sample_id("fpps-1"),
                      .images = 12,
                      .serial = 41,
                      .expires = now + Seconds(3600),
                      .now = now,
                      .peers = sample_peers(),
                      .last_run = sample_run(),
                      .running = "apply 2026 by ann@gold",
                      .plan = full_plan(),
                      .no_plan = "",
                      .damaged = {{.address = {"image.db19_24"},
                                   .name = ImageName::of("db19_24"),
                                   .copy = false,
                                   .path = "public/b/ab/abcd",
                                   .why = "has 3 bytes, not 40",
                                   .digest = {}}},
                      .disk = {1'000'000'000'000, 46'000'000'000}};
  expect_golden("status.txt", text_of_shown([&](auto& style, auto& out) { show::show_status(status, style, out); }));
  expect_valid_json("status", json_of([&](auto& out) { show::show_status_json(status, out); }));
  status.last_run->exit_code = 7;
  EXPECT_THAT(text_of_shown([&](auto& style, auto& out) { show::show_status(status, style, out); }),
              testing::HasSubstr("exit 7: 2 done, 1 failed, 0 skipped; 1 held now"));
  status.plan = std::nullopt;
  status.no_plan = "the manifest declares nothing";
  status.last_run = std::nullopt;
  status.running = std::nullopt;
  status.serial = 0;
  status.expires = std::nullopt;
  expect_valid_json("status", json_of([&](auto& out) { show::show_status_json(status, out); }));
}

TEST(show_status, a_run_that_holds_the_lock_is_under_way) {
  show::Status status{.server = ServerName::of("fpps-1"),
                      .id = sample_id("fpps-1"),
                      .images = 0,
                      .serial = 0,
                      .expires = {},
                      .now = now,
                      .peers = {},
                      .last_run = sample_run(),
                      .running = "apply 20261118T093320Z-1a2b3c, pid 7 on gold",
                      .plan = {},
                      .no_plan = "",
                      .damaged = {},
                      .disk = {}};
  status.last_run->finished = std::nullopt;
  const auto text = [&] { return text_of_shown([&](auto& style, auto& out) { show::show_status(status, style, out); }); };
  EXPECT_NE(text().find("20261118T093320Z-1a2b3c, under way"), std::string::npos) << text();
  status.running = "apply 20261119T000000Z-ffffff, pid 8 on gold";
  EXPECT_NE(text().find("20261118T093320Z-1a2b3c, did not finish"), std::string::npos) << text();
}

TEST(show_findings, of_drift_and_verify) {
  show::Findings findings{.images = 3, .pieces = 5, .bytes = 12'000'000, .faults = {}};
  const auto all = [&] {
    return text_of_shown([&](auto& style, auto& out) { show::show_drift(findings, style, out); }) +
           text_of_shown([&](auto& style, auto& out) { show::show_verify(findings, style, out); }) +
           text_of_shown(
               [&](auto& style, auto& out) { show::show_verify_upload(findings, "https://s3.test/gold/", style, out); });
  };
  const std::string whole = all();
  expect_valid_json("drift", json_of([&](auto& out) { show::show_drift_json(findings, out); }));
  findings.faults = {{"image db19_24", "public/b/ab/abcd", "segment 3 is damaged", show::FindingKind::image},
                     {"head", "", "it is not there"}};
  expect_valid_json("verify", json_of([&](auto& out) { show::show_verify_json(findings, out); }));
  findings.repaired = {{"image db19_25", "public/b/cd/cdef", "has 3 bytes, not 40"}};
  expect_valid_json("verify", json_of([&](auto& out) { show::show_verify_json(findings, out); }));
  const std::string some = all();
  using Kind = show::FindingKind;
  findings = {.images = 3, .pieces = 5, .exports = 2, .deltas = 1, .faults = {}};
  const std::string whole_with_all = all();
  findings.faults = {{"state", "public/c/12", "it is not there"},
                     {"state", "state.db", "it is an old copy", Kind::state},
                     {"delta of db19_24", "public/b/12", "is gone", Kind::delta},
                     {"export.home.db19_24", "/gold/db19_24", "it is not there any more", Kind::exported},
                     {"export.home", "/gold/current", "the link is not there any more", Kind::link}};
  expect_golden("findings.txt", whole + some + whole_with_all + all());
}

TEST(show_problems, lines_and_json) {
  const Problems problems{{"ingot.toml", 4, 1, "unknown-key", "unknown key \"stoer\"", "did you mean \"store\"?"},
                          {"x.toml", 0, 0, "unreadable", "cannot be read", "check the path"}};
  expect_golden("problems.txt", text_of_shown([&](auto& style, auto& out) { show::show_problems(problems, style, out); }));
  expect_valid_json("problems", json_of([&](auto& out) { show::show_problems_json(problems, out); }));
  expect_valid_json("problems", json_of([&](auto& out) { show::show_problems_json({}, out); }));
}

}  // namespace
}  // namespace ingot::lists_test
