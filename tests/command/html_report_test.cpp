// Reports as HTML pages: what is on them, that every text is text, that they are well-formed, small, and the same for the same
// input.
#include <gmock/gmock.h>

#include "reconciler/show/html/fleet_report_page.hpp"
#include "reconciler/show/html/fleet_status_page.hpp"
#include "reconciler/show/html/report_page.hpp"
#include "reconciler/show/html/svg_charts.hpp"
#include "reconciler/show/html/svg_matrix.hpp"
#include "reconciler/site/head_times.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"
#include "tests/command/golden.hpp"
#include "tests/command/sample_reports.hpp"

namespace ingot::html_report_test {
namespace {

using namespace testing_support;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* hostile = "<script>alert(1)</script>\"' onload=x & ]]></style><svg \xe2\x80\xae\x1b[31m\xff";

/// What is wrong with the markup: an element that is not closed, a value without quotes, a < in text. "": nothing.
std::string why_not_well_formed(std::string_view page) {
  page.remove_prefix(show::report_begin.size());
  std::vector<std::string> opened;
  while (!page.empty()) {
    if (page.front() != '<') {
      const auto text = page.substr(0, page.find('<'));
      page.remove_prefix(text.size());
      continue;
    }
    const auto end = page.find('>');
    if (end == std::string_view::npos) return "no end: " + std::string(page.substr(0, 60));
    std::string_view tag = page.substr(1, end - 1);
    page.remove_prefix(end + 1);
    const bool is_empty = tag.ends_with('/');
    if (tag.starts_with('/')) {
      if (opened.empty() || opened.back() != tag.substr(1)) return "closes another: " + std::string(tag);
      opened.pop_back();
      continue;
    }
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0 || tag.find('<') != std::string_view::npos)
      return "wrong tag: " + std::string(tag);
    const std::string name(tag.substr(0, tag.find_first_of(" /")));
    if (!is_empty) opened.push_back(name);
    if (name == "style") page.remove_prefix(page.find("</style>"));
  }
  return opened.empty() ? "" : "not closed: " + opened.back();
}

std::string server_page(const show::ServerReport& report) {
  return show::shown([&](show::Output& out) { show::show_server_report(report, out); });
}

std::string fleet_page(const SampleFleet& fleet, const fleet::Fleet* manifests = nullptr) {
  const auto report = fleet::fleet_report(fleet.servers, fleet.heads);
  return show::shown([&](show::Output& out) {
    show::show_fleet_report({.servers = fleet.servers, .report = report, .manifests = manifests, .now = report_now}, out);
  });
}

void expect_safe(const std::string& page) {
  EXPECT_EQ(why_not_well_formed(page), "");
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("\" onload=")));
  EXPECT_THAT(page, Not(HasSubstr("\xe2\x80\xae")));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
  EXPECT_THAT(page, Not(HasSubstr("\xff")));
  for (const char* outside : {" src=", " href=", "url(", "@import", " style="}) EXPECT_THAT(page, Not(HasSubstr(outside)));
  EXPECT_THAT(page, HasSubstr("Content-Security-Policy\" content=\"default-src &#39;none&#39;; style-src &#39;sha256-"));
}

TEST(html_report, text_and_values_are_escaped) {
  const std::string page = show::shown([](show::Output& out) {
    show::HtmlWriter html(out);
    html.element("p", hostile, {{"title", hostile}});
  });
  const std::string text =
      "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onload=x &amp; ]]&gt;&lt;/style&gt;&lt;svg "
      "\\xe2\\x80\\xae\\x1b[31m\\xff";
  EXPECT_EQ(page, "<p title=\"" + text + "\">" + text + "</p>\n");
}

TEST(html_report, of_a_small_server) { expect_golden("server_report.html", server_page(busy_server(40, {"london", "paris"}))); }

TEST(html_report, of_a_small_fleet) { expect_golden("fleet_report.html", fleet_page(sample_fleet(4, 10))); }

TEST(html_report, of_a_server_without_history) {
  show::ServerReport report = busy_server(1, {"london"});
  report.usage = {};
  const std::string page = server_page(report);
  EXPECT_THAT(page, AllOf(HasSubstr("No image came here yet."), HasSubstr("Nothing was copied yet."),
                          HasSubstr("No action ever failed."), HasSubstr("too little for a forecast")));
  expect_safe(page);
}

TEST(html_report, five_years_and_many_peers_are_one_small_file) {
  std::vector<std::string> peers;
  for (int i = 0; i < 40; ++i) peers.push_back("site" + std::to_string(i));
  const show::ServerReport report = busy_server(5 * 365, peers);
  const std::string page = server_page(report);
  expect_safe(page);
  EXPECT_LE(page.size(), 150'000U);
  EXPECT_EQ(page, server_page(busy_server(5 * 365, peers)));
}

TEST(html_report, forty_sites_and_a_thousand_images_are_one_file) {
  const SampleFleet fleet = sample_fleet(40, 25);
  const std::string page = fleet_page(fleet);
  expect_safe(page);
  EXPECT_LE(page.size(), 1'000'000U);
  EXPECT_THAT(page, HasSubstr("<h1>40 servers, 1,000 images</h1>"));
  EXPECT_EQ(page, fleet_page(sample_fleet(40, 25)));
}

/// The names of rows in the matrices of images.
std::size_t count_rows(std::string_view page) {
  page.remove_prefix(page.find("<h2>Images and servers"));
  std::size_t count = 0;
  for (auto at = page.find("class=\"label\""); at != std::string_view::npos; at = page.find("class=\"label\"", at + 1)) ++count;
  return count;
}

/// The server that follows each origin has other bytes of one image of each; nothing is copied else.
SampleFleet fleet_with_small_gaps(std::size_t servers, std::size_t images_of_each) {
  SampleFleet fleet = sample_fleet(servers, images_of_each);
  std::vector<Catalog> catalogs;
  for (const auto& server : fleet.servers) {
    catalogs.push_back(*server.catalog);
    std::erase_if(catalogs.back().images, [&](const ImageEntry& image) { return image.identity.origin != server.id; });
  }
  for (std::size_t i = 0; i < servers; ++i) {
    const ImageEntry made = catalogs[i].images[images_of_each - 1];
    ImageEntry copy = copied_image(made.identity.origin, made.identity.name.text(), made.identity.created, 5000);
    copy.digest = io::sha256("other bytes");
    catalogs[(i + 1) % servers].images.push_back(copy);
  }
  for (std::size_t i = 0; i < servers; ++i) fleet.servers[i].catalog = std::make_shared<const Catalog>(std::move(catalogs[i]));
  return fleet;
}

TEST(html_report, forty_servers_with_200_images_each_are_one_file_with_every_gap) {
  const SampleFleet fleet = fleet_with_small_gaps(40, 200);
  const std::string page = fleet_page(fleet);
  expect_safe(page);
  EXPECT_LE(page.size(), 1'500'000U);
  EXPECT_LE(count_rows(page), 4000U);
  EXPECT_GE(count_rows(page), 3500U) << "the room is used";
  for (int i = 0; i < 40; ++i) EXPECT_THAT(page, HasSubstr(fmt::format("\nsite{:02}_db39.4</text>", i)));
  EXPECT_THAT(page, HasSubstr("199 images not shown; &quot;ingot fleet status --cards DIR&quot; lists them."));
  EXPECT_THAT(page, Not(HasSubstr("sha256:")));
}

TEST(html_report, many_gaps_are_shared_among_the_origins) {
  SampleFleet fleet = sample_fleet(40, 200);
  const std::string page = fleet_page(fleet);
  expect_safe(page);
  EXPECT_LE(page.size(), 3'000'000U);
  EXPECT_LE(count_rows(page), 4000U);
}

TEST(html_report, more_servers_than_fit_leave_the_summary_of_each_origin) {
  const std::string page = fleet_page(fleet_with_small_gaps(200, 5));
  expect_safe(page);
  EXPECT_LE(count_rows(page), 800U);
  EXPECT_THAT(page, HasSubstr("5 images not shown; &quot;ingot fleet status --cards DIR&quot; lists them."));
}

TEST(html_report, origins_with_the_same_name_and_no_card_stay_apart) {
  SampleFleet fleet = sample_fleet(1, 1);
  Catalog copies = *fleet.servers[0].catalog;
  for (const char* origin : {"one", "other"}) {
    for (const char* name : {"a", "b"}) {
      copies.images.push_back(copied_image(server_id(origin), name, 1, 2));
      copies.images.back().origin_name = ServerName::of("fpps-2");
    }
  }
  fleet.servers[0].catalog = std::make_shared<const Catalog>(std::move(copies));
  const std::string page = fleet_page(fleet);
  const std::string heading = "fpps-2 (no card)<small>2 images, nothing is missing";
  const auto first = page.find(heading);
  ASSERT_NE(first, std::string::npos);
  EXPECT_NE(page.find(heading, first + 1), std::string::npos);
}

std::string lead_of(const SampleFleet& fleet) {
  const std::string page = fleet_page(fleet);
  const std::string begin = "<p class=\"lead\">";
  const auto at = page.find(begin) + begin.size();
  return page.substr(at, page.find("</p>", at) - at);
}

TEST(html_report, the_first_sentence_claims_only_what_the_answers_show) {
  SampleFleet fleet = sample_fleet(3, 5);
  for (auto& server : fleet.servers) {
    Catalog own = *server.catalog;
    std::erase_if(own.images, [&](const ImageEntry& image) { return image.identity.origin != server.id; });
    server.catalog = std::make_shared<const Catalog>(own);
  }
  EXPECT_EQ(lead_of(fleet), "All 3 servers have the newest image of every series that they follow.");
  fleet.servers[0].trouble = Code::unreachable;
  EXPECT_EQ(lead_of(fleet),
            "As far as the servers that answered show, all 2 of them have the newest image of every series that they follow. "
            "1 server did not give a usable answer: cached data is shown.");
  fleet.servers[1].trouble = Code::unreachable;
  EXPECT_THAT(lead_of(fleet), StartsWith("As far as the server that answered shows, it has the newest image"));
  fleet.servers[2].trouble = Code::unreachable;
  EXPECT_EQ(lead_of(fleet), "No server gave a usable answer: cached data is shown.");
}

TEST(html_report, a_date_that_is_not_exact_is_the_least_time) {
  const std::string page = fleet_page(sample_fleet(4, 10));
  EXPECT_THAT(page, AllOf(HasSubstr("or earlier (at least "), Not(HasSubstr("or earlier (1")), Not(HasSubstr("or earlier (2"))));
}

TEST(html_report, what_peers_and_manifests_say_is_text) {
  SampleFleet sample = sample_fleet(3, 5, {hostile, "b", hostile});
  sample.servers[1].trouble = Code::unreachable;
  sample.servers[1].why = hostile;
  fleet::Fleet manifests;
  manifests.servers = {{.name = hostile, .id = std::nullopt, .manifest = hostile}};
  manifests.flows = {{.from = 0, .to = 0, .rule = hostile, .at = hostile}};
  manifests.findings = {{.level = fleet::Level::error, .code = "x", .at = hostile, .text = hostile, .mend = hostile}};
  expect_safe(fleet_page(sample, &manifests));

  Stated stated;
  const ServerId& origin = sample.servers[2].id;
  stated.subscriptions = {{.peer = origin,
                           .peer_name = ServerName::of("b"),
                           .selector = SelectAll{},
                           .baseline = 0,
                           .since = "start",
                           .options = options_text_without_since({}),
                           .rule = hostile,
                           .stopped = {}}};
  sample.servers[0].stated = std::make_shared<const Stated>(stated);
  const auto images = fleet::fleet_status(sample.servers, {});
  const show::FleetStatus status{.servers = sample.servers, .images = images, .now = report_now};
  ASSERT_FALSE(show::want_rows(status).empty());
  expect_safe(show::shown([&](show::Output& out) { show::show_fleet_status_page(status, out); }));

  state::Snapshot now;
  history::UsageBuilder builder;
  builder.add(recorded(Verb::copy, std::string("copy.p.") + hostile, 1, state::ActionEnd::failed, Code::unreachable, hostile));
  auto row = copied_row("london", "a", 5, 2);
  row.papers.peer = hostile;
  now.images = {row};
  show::ServerReport report = busy_server(1, {"london"});
  now.failing = {Address{std::string("copy.p.") + hostile}};
  report.usage = builder.finish(now, {});
  expect_safe(server_page(report));
}

TEST(html_report, a_long_text_is_cut) {
  state::Snapshot now;
  history::UsageBuilder builder;
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "\xc3\xa9";
  builder.add(recorded(Verb::copy, "copy.p.a", 1, state::ActionEnd::failed, Code::unreachable, text));
  show::ServerReport report = busy_server(1, {"london"});
  report.usage = builder.finish(now, {});
  EXPECT_THAT(server_page(report), AllOf(Not(HasSubstr(text)), HasSubstr(text.substr(0, 239 * 2) + "…")));
}

TEST(html_report, steps_of_an_axis) {
  EXPECT_EQ(show::axis_step(0), 1U);
  EXPECT_EQ(show::axis_step(4), 1U);
  EXPECT_EQ(show::axis_step(5), 2U);
  EXPECT_EQ(show::axis_step(10), 5U);
  EXPECT_EQ(show::axis_step(49'000), 10'000U);
  EXPECT_GT(show::axis_step(~std::uint64_t{0}), 0U);
}

TEST(html_report, equal_marks_below_each_other_are_one_line) {
  show::Matrix matrix{.title = "m", .columns = {"a"}, .rows = {}};
  for (int i = 0; i < 100; ++i) matrix.rows.push_back({.label = "r", .title = "", .cells = {{.mark = show::Mark::present}}});
  const std::string picture = show::shown([&](show::Output& out) {
    show::HtmlWriter html(out);
    show::put_matrix(matrix, html);
  });
  EXPECT_THAT(picture, HasSubstr("class=\"mark present\" d=\"M83 41v1396\"/>"));
}

TEST(html_report, a_legend_draws_what_it_explains) {
  const std::string legend = show::shown([&](show::Output& out) {
    show::HtmlWriter html(out);
    show::put_legend({{.shape = show::LegendShape::square, .style = "c0", .text = "london"},
                      {.shape = show::LegendShape::mark, .style = "mark present", .text = "copied"},
                      {.shape = show::LegendShape::cross, .style = "cross differs", .text = "other bytes"}},
                     html);
  });
  EXPECT_THAT(legend, AllOf(HasSubstr("<rect class=\"c0\""), HasSubstr("<path class=\"mark present\" d=\"M5.5 .5v10\"/>"),
                            HasSubstr("<path class=\"cross differs\" d=\"M1 1l9 9M10 1l-9 9\"/>")));
}

TEST(html_report, what_failed_long_ago_is_not_shown_as_failing) {
  state::Snapshot now;
  now.failing = {Address{"copy.london.new"}, Address{"copy.london.old"}, Address{"copy.london.unrecorded"}};
  history::UsageBuilder builder;
  for (const int ago : {9, 29, 20})
    builder.add(recorded(Verb::copy, "copy.london.new", ago, state::ActionEnd::failed, Code::unreachable));
  builder.add(recorded(Verb::copy, "copy.london.old", 31, state::ActionEnd::failed, Code::unreachable));
  show::ServerReport report = busy_server(1, {"london"});
  report.usage = builder.finish(now, {});
  EXPECT_EQ(report.usage.failing.size(), 2U);
  const std::string page = server_page(report);
  EXPECT_THAT(page, AllOf(HasSubstr("In the last 30 days 1 copy or repair failed, and was not done since."),
                          HasSubstr("<td>copy.london.new</td><td class=\"n\">2026-11-21</td>"), Not(HasSubstr("london.old"))));
}

TEST(usage, bytes_are_counted_by_day_and_peer_and_equal_content_once) {
  state::Snapshot now;
  now.images = {copied_row("london", "a", 100, 20), copied_row("london", "b", 50, 20), copied_row("paris", "c", 7, 10)};
  now.images[1].digest = now.images[0].digest;
  history::UsageBuilder builder;
  const auto usage = builder.finish(now, {{now.images[0].digest, 40}});
  const auto day = history::day_of(now.images[0].papers.time);
  EXPECT_EQ(usage.copied.at(day).at("london").bytes, 40U) << "of the packed file, once";
  EXPECT_EQ(usage.copied.at(day).at("london").images, 2U);
  EXPECT_THAT(usage.sizes, ElementsAre(history::StoreSize{day, 40, 2}, history::StoreSize{day + std::chrono::days(10), 47, 3}));
}

TEST(usage, a_removal_takes_bytes_away_and_one_without_a_record_is_only_counted) {
  state::Snapshot now;
  now.images = {copied_row("london", "a", 100, 20), copied_row("london", "b", 50, 20)};
  now.images[0].deleted = now.images[1].deleted = true;
  history::UsageBuilder builder;
  builder.add(recorded(Verb::remove, "copy.london.a", 30, state::ActionEnd::done));
  builder.add(recorded(Verb::remove, "copy.london.a", 5, state::ActionEnd::done));
  const auto usage = builder.finish(now, {});
  const auto day = history::day_of(now.images[0].papers.time);
  EXPECT_THAT(usage.sizes, ElementsAre(history::StoreSize{day, 100, 1}, history::StoreSize{day + std::chrono::days(15), 0, 0}));
  EXPECT_EQ(usage.undated_removals, 1U);
}

TEST(usage, removals_are_found_after_a_peer_was_renamed) {
  state::Snapshot now;
  now.images = {copied_row("london", "a", 100, 20), copied_row("london", "b", 50, 20)};
  now.images[0].deleted = now.images[1].deleted = true;
  now.registrations = {{.name = ServerName::of("ldn"),
                        .own_name = ServerName::of("london"),
                        .id = server_id("london"),
                        .urls = {},
                        .serial = 0,
                        .head = {},
                        .registered = {},
                        .seen = {}}};
  history::UsageBuilder builder;
  builder.add(recorded(Verb::remove, "copy.london.a", 10, state::ActionEnd::done));
  builder.add(recorded(Verb::remove, "copy.ldn.a", 8, state::ActionEnd::done));
  builder.add(recorded(Verb::remove, "copy.ldn.b", 5, state::ActionEnd::done));
  const auto usage = builder.finish(now, {});
  const auto day = history::day_of(now.images[0].papers.time);
  EXPECT_EQ(usage.undated_removals, 0U);
  EXPECT_THAT(usage.sizes, ElementsAre(history::StoreSize{day, 150, 2}, history::StoreSize{day + std::chrono::days(10), 50, 1},
                                       history::StoreSize{day + std::chrono::days(15), 0, 0}));
}

TEST(usage, what_went_at_an_unknown_time_was_copied_all_the_same) {
  state::Snapshot now;
  now.images = {copied_row("london", "a", 100, 20)};
  now.images[0].deleted = true;
  const auto usage = history::UsageBuilder().finish(now, {});
  EXPECT_EQ(usage.undated_removals, 1U);
  EXPECT_TRUE(usage.sizes.empty());
  EXPECT_EQ(usage.copied.at(history::day_of(now.images[0].papers.time)).at("london").bytes, 100U);
}

TEST(usage, failures_are_grouped_by_peer_and_cause) {
  history::UsageBuilder builder;
  builder.add(recorded(Verb::copy, "copy.london.a", 9, state::ActionEnd::failed, Code::unreachable, "first"));
  builder.add(recorded(Verb::copy, "copy.london.b", 3, state::ActionEnd::failed, Code::unreachable, "second"));
  builder.add(recorded(Verb::add, "image.c", 1, state::ActionEnd::failed, Code::failed, "third"));
  builder.add(recorded(Verb::add, "image.d", 1, state::ActionEnd::done));
  const auto failures = builder.finish({}, {}).failures;
  ASSERT_EQ(failures.size(), 2U);
  EXPECT_EQ(failures[0].where, "image.c");
  EXPECT_EQ(failures[1].where, "london");
  EXPECT_EQ(failures[1].count, 2U);
  EXPECT_EQ(failures[1].text, "second");
}

TEST(usage, the_forecast_continues_the_growth_of_the_last_days) {
  const history::Day today = history::day_of(report_now);
  const auto ago = [&](int count) { return today - std::chrono::days(count); };
  const std::vector<history::StoreSize> sizes{{ago(100), 5000, 1}, {ago(50), 5300, 2}, {ago(10), 5900, 3}};
  const auto forecast = history::forecast(sizes, today, 1000);
  ASSERT_TRUE(forecast);
  EXPECT_EQ(forecast->days, 90);
  EXPECT_EQ(forecast->bytes_a_day, 10);
  EXPECT_EQ(forecast->full, today + std::chrono::days(100));
  EXPECT_FALSE(history::forecast({{ago(6), 5000, 1}, {ago(1), 6000, 2}}, today, 1000)) << "less than a week";
  EXPECT_EQ(history::forecast({{ago(20), 5000, 1}, {ago(1), 4000, 0}}, today, 1000)->full, std::nullopt) << "it shrinks";
}

TEST(fleet_report, says_who_is_behind_and_since_when) {
  const SampleFleet fleet = sample_fleet(4, 10);
  const auto report = fleet::fleet_report(fleet.servers, fleet.heads);
  std::uint64_t behind = 0;
  for (const auto& series : report.series) {
    for (const auto& standing : series.standings) {
      if (standing.standing != fleet::Standing::behind) continue;
      ++behind;
      EXPECT_EQ(standing.behind, 2U);
      ASSERT_TRUE(standing.since);
    }
  }
  EXPECT_GT(behind, 0U);
  EXPECT_EQ(report.totals[0].own, 10U);
}

TEST(fleet_report, a_serial_is_dated_by_the_first_head_with_it) {
  const Time day = report_now;
  const fleet::HeadTimes heads{{3, day}, {7, day + Seconds(60)}};
  EXPECT_EQ(fleet::time_of(3, heads), (fleet::SerialTime{day, true}));
  EXPECT_EQ(fleet::time_of(4, heads), (fleet::SerialTime{day + Seconds(60), false}));
  EXPECT_EQ(fleet::time_of(8, heads), std::nullopt);
}

struct Reports : Commands {
  void SetUp() override { ::setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1); }
  void TearDown() override { ::unsetenv("XDG_CACHE_HOME"); }
};

TEST_F(Reports, of_a_server_and_of_the_fleet) {
  two_servers();
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said;
  const std::string file = (folder / "silver.html").string();
  const Ran ran = at("silver", {"report", "--out", file});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("the report is in \"" + file));
  expect_valid_json("report", at("silver", {"report", "--out", file, "--json"}).out);
  EXPECT_THAT(read(file), AllOf(StartsWith(show::report_begin), HasSubstr("<h1>silver</h1>"), HasSubstr("<td>gold</td>")));
  expect_safe(read(file));

  fs::create_directories(folder / "cards");
  for (const char* server : {"gold", "silver"})
    fs::copy_file(folder / server / "server.card.toml", folder / "cards" / (std::string(server) + ".card.toml"));
  const Ran all = ingot({"fleet", "report", "--cards", (folder / "cards").string(), (folder / "gold").string(),
                         (folder / "silver").string(), "--out", file});
  EXPECT_EQ(all.exit, 0) << all.err;
  EXPECT_THAT(read(file), AllOf(HasSubstr("<h1>2 servers, 1 image</h1>"), HasSubstr("What the manifests ask for")));
  expect_safe(read(file));
}

TEST_F(Reports, replace_only_a_report) {
  make("gold");
  write("notes.txt", "mine");
  for (const std::string& file : {std::string("-"), (folder / "notes.txt").string(), folder.string()}) {
    const Ran ran = at("gold", {"report", "--out", file});
    EXPECT_EQ(ran.exit, 64) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("--out"));
  }
  EXPECT_EQ(read(folder / "notes.txt"), "mine");
  EXPECT_EQ(at("gold", {"report"}).exit, 64);
}

TEST_F(Reports, heads_that_were_seen_are_kept_and_a_damaged_file_is_none) {
  io::PosixFiles files;
  const std::string cache = (folder / "cache").string();
  const ServerId id = server_id("gold");
  site::note_head_time(files, cache, id, 3, report_now);
  EXPECT_EQ(site::note_head_time(files, cache, id, 5, report_now + Seconds(5)),
            (site::HeadTimes{{3, report_now}, {5, report_now + Seconds(5)}}));
  EXPECT_EQ(site::head_times(files, cache, id).size(), 2U);
  write("cache/heads/" + id.root.hex(), "3 yesterday\n");
  EXPECT_TRUE(site::head_times(files, cache, id).empty());
}

}  // namespace
}  // namespace ingot::html_report_test
