// Many servers at once, over real HTTP: what a series is to each of them, what the metrics of a run say of it, who was there
// when.
#include <chrono>
#include <ctime>
#include <filesystem>
#include <iostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing_support::read_text;
using testing_support::TestFolder;

struct ManyServers : testing::Test {
  TestFolder folder;
  Site london{folder.path(), "london"}, paris{folder.path(), "paris"}, rome{folder.path(), "rome"};
  const std::string first = london.file_image("db19_23", "one"), second = london.file_image("db19_24", "another");
  const std::map<std::string, std::string> cache{{"XDG_CACHE_HOME", folder / "cache"}};

  void SetUp() override {
    std::filesystem::create_directories(folder / "cards");
    for (const Site* site : {&london, &paris, &rome})
      std::filesystem::copy_file(site->card(), folder / ("cards/" + site->name() + ".toml"));
    london.manifest(first + "[[series]]\nname = \"db19\"\nimages = [\"db19_23\"]\n");
    london.apply();
    for (Site* site : {&paris, &rome}) {
      site->manifest(Site::peer(london) + "[[subscription]]\npeer = \"london\"\nseries = \"db19\"\nsince = \"start\"\n");
      site->apply();
    }
    london.manifest(first + second + "[[series]]\nname = \"db19\"\nimages = [\"db19_23\", \"db19_24\"]\n");
    london.apply();
  }
  Ran status(const std::vector<std::string>& more) {
    std::vector<std::string> words{"fleet", "status", "series:db19", "--cards", folder / "cards"};
    words.insert(words.end(), more.begin(), more.end());
    return london.ingot(words, cache);
  }
  /// Of an image, by server.
  std::map<std::string, std::string> where(std::size_t image, int exit) {
    const Ran ran = status({"--json"});
    EXPECT_EQ(ran.exit, exit) << ran.err;
    const Json shown = Json::parse(ran.out);
    std::map<std::string, std::string> found;
    for (const auto& held : shown.at("images").at(image).at("servers")) found[held.at("server")] = held.at("status");
    return found;
  }
};

TEST_F(ManyServers, a_new_member_of_a_series_is_followed_until_it_is_everywhere) {
  using Where = std::map<std::string, std::string>;
  EXPECT_EQ(where(1, 2), (Where{{"london", "origin"}, {"paris", "waiting"}, {"rome", "waiting"}}));
  paris.apply();
  EXPECT_EQ(where(1, 2), (Where{{"london", "origin"}, {"paris", "present"}, {"rome", "waiting"}}));
  rome.apply();
  EXPECT_EQ(where(1, 0), (Where{{"london", "origin"}, {"paris", "present"}, {"rome", "present"}}));
  rome.web().stop();
  EXPECT_EQ(where(1, 3), (Where{{"london", "origin"}, {"paris", "present"}, {"rome", "unknown"}}));
  EXPECT_THAT(status({}).out, HasSubstr("unknown (present)"));
}

/// A part of the day that is twelve hours away.
std::string closed_window() {
  std::string text;
  for (const int hours : {12, 13}) {
    const std::time_t then = std::time(nullptr) + hours * 3600;
    std::tm local{};
    ::localtime_r(&then, &local);
    char minute[6];
    std::strftime(minute, sizeof minute, "%H:%M", &local);
    text += (text.empty() ? "" : "-") + std::string(minute);
  }
  return text;
}

TEST_F(ManyServers, metrics_tell_how_far_a_series_is_behind) {
  const std::string file = folder / "ingot.prom";
  london.web().stop();
  EXPECT_EQ(paris.ingot({"apply", "--yes", "--metrics", file}).exit, 3);
  EXPECT_THAT(read_text(file), AllOf(HasSubstr("ingot_peer_up{server=\"paris\",peer=\"london\"} 0\n"),
                                     HasSubstr("ingot_unknown_peers{server=\"paris\"} 1\n"),
                                     HasSubstr("ingot_last_run_exit_code{server=\"paris\",command=\"apply\"} 3\n")));
  london.web().start();
  paris.manifest("[limits]\nwindow = \"" + closed_window() + "\"\n" + Site::peer(london) +
                 "[[subscription]]\npeer = \"london\"\nseries = \"db19\"\nsince = \"start\"\n");
  EXPECT_EQ(paris.ingot({"apply", "--yes", "--metrics", file}).exit, 0);
  EXPECT_THAT(read_text(file), AllOf(HasSubstr("ingot_series_behind{server=\"paris\",peer=\"london\",series=\"db19\"} 1\n"),
                                     HasSubstr("ingot_deferred_actions{server=\"paris\"} 1\n"),
                                     HasSubstr("ingot_copied_bytes_total{server=\"paris\"} 0\n")));
  paris.manifest(Site::peer(london) + "[[subscription]]\npeer = \"london\"\nseries = \"db19\"\nsince = \"start\"\n");
  EXPECT_EQ(paris.ingot({"apply", "--yes", "--metrics", file}).exit, 0);
  EXPECT_THAT(read_text(file), AllOf(HasSubstr("ingot_series_behind{server=\"paris\",peer=\"london\",series=\"db19\"} 0\n"),
                                     HasSubstr("ingot_last_run_success{server=\"paris\",command=\"apply\"} 1\n")));
  const Ran judged = testing_support::run(
      {.arguments = {"sh", "-c", "promtool check metrics < ingot.prom"}, .folder = folder.path(), .environment = {}});
  EXPECT_EQ(judged.exit, 0) << judged.out << judged.err;
}

TEST_F(ManyServers, history_says_which_run_brought_a_copy) {
  const Json found = Json::parse(paris.ingot({"history", "db19_23", "--json"}).out);
  ASSERT_EQ(found.at("changes").size(), 1U);
  const std::string run = found.at("changes")[0].at("run").at("id");
  EXPECT_EQ(paris.query({"images", "db19_23"}).at("images")[0].at("arrived").at("run"), run);
  EXPECT_THAT(paris.ingot({"show", run}).out, HasSubstr("copy.london.db19_23"));
}

/// Forty servers behind one nginx: london makes images, the others copy them and publish their states.
struct FortySites : testing::Test {
  static constexpr int count = 40;
  TestFolder folder;
  const std::map<std::string, std::string> cache{{"XDG_CACHE_HOME", folder / "cache"}};
  std::unique_ptr<testing_support::Nginx> web;

  void SetUp() override {
    std::filesystem::create_directories(folder / "sites");
    std::filesystem::create_directories(folder / "cards");
    web = std::make_unique<testing_support::Nginx>(folder / "sites", folder / "nginx");
    for (int i = 0; i < count; ++i) {
      ASSERT_EQ(ingot({"init", "--server", name(i), "--url", url(i), site(i)}).exit, 0);
      std::filesystem::copy_file(site(i) + "/server.card.toml", folder / ("cards/" + name(i) + ".toml"));
    }
    london_has({"db1"});
    for (int i = 1; i < count; ++i) {
      manifest(i, "publish_state = true\n[[peer]]\nname = \"site0\"\ncard = \"" + site(0) +
                      "/server.card.toml\"\n[[subscription]]\npeer = \"site0\"\nall = true\nsince = \"start\"\n");
      ASSERT_EQ(ingot({"apply", "--yes", "-f", site(i)}).exit, 0);
    }
    london_has({"db1", "db2"});
  }
  static std::string name(int i) { return "site" + std::to_string(i); }
  std::string site(int i) const { return folder / ("sites/" + name(i)); }
  std::string url(int i) const { return web->url() + name(i) + "/store/public/"; }
  void manifest(int i, const std::string& more) const {
    testing_support::write_text(site(i) + "/ingot.toml",
                                "manifest = 1\n[server]\nname = \"" + name(i) + "\"\nurl = \"" + url(i) + "\"\n" + more);
  }
  void london_has(const std::vector<std::string>& images) const {
    std::string entries;
    for (const auto& image : images) {
      testing_support::write_text(site(0) + "/sources/" + image, "bytes of " + image);
      entries += "[[image]]\nname = \"" + image + "\"\nsource = \"sources/" + image + "\"\n";
    }
    manifest(0, entries);
    ASSERT_EQ(ingot({"apply", "--yes", "-f", site(0)}).exit, 0);
  }
  Ran ingot(std::vector<std::string> words) const {
    words.insert(words.begin(), INGOT_BINARY);
    return testing_support::run({.arguments = std::move(words), .folder = folder.path(), .environment = cache});
  }
  /// Prints how long it took.
  Ran timed(const std::string& what, const std::vector<std::string>& words) const {
    const auto begin = std::chrono::steady_clock::now();
    Ran ran = ingot(words);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << what << ": " << took.count() << " s\n";
    EXPECT_LT(took.count(), 30) << what;
    return ran;
  }
};

TEST_F(FortySites, are_asked_and_planned_for_in_seconds_each_server_once) {
  const Ran status = timed("fleet status of 40 sites", {"fleet", "status", "db2", "--cards", "cards", "--json"});
  ASSERT_EQ(status.exit, 2) << status.err;
  const Json image = Json::parse(status.out).at("images").at(0);
  int wanted = 0;
  for (const auto& held : image.at("servers")) wanted += held.at("wanted") == true && held.at("status") == "waiting" ? 1 : 0;
  EXPECT_EQ(wanted, count - 1);

  web->forget_requests();
  std::vector<std::string> words{"fleet", "plan", "--json"};
  for (int i = 1; i < count; ++i) words.push_back("sites/" + name(i));
  const Ran plan = timed("fleet plan of 39 sites", words);
  ASSERT_EQ(plan.exit, 0) << plan.err;
  const Json planned = Json::parse(plan.out);
  for (const auto& action : planned.at("actions")) EXPECT_EQ(action.at("planned").size(), count - 1U) << action;
  std::map<std::string, int> heads;
  for (const auto& request : web->requests()) {
    if (request.find("head.dsse") != std::string::npos) ++heads[request];
  }
  EXPECT_EQ(heads.size(), static_cast<std::size_t>(count)) << "each server is asked, and the peer of all";
  for (const auto& [request, times] : heads) EXPECT_EQ(times, 1) << request;

  web->stop();
  EXPECT_EQ(timed("fleet status without a network", {"fleet", "status", "--cards", "cards"}).exit, 3);
}

}  // namespace
}  // namespace ingot::scenarios
