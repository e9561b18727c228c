// Runs that are killed, interrupted or starved: what is durable stays, the next run goes on and ends where an undisturbed one
// does.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/noise.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

using testing::HasSubstr;
using testing_support::noise;
using testing_support::read_text;
using testing_support::Running;
using testing_support::TestFolder;
using testing_support::write_text;

struct Interruption : testing::Test {
  TestFolder folder;
  Site here{folder.path(), "gold"};

  /// Bytes of responses to requests below /b/ so far, by nginx's own count.
  static std::size_t requests_for_bytes(Site& site) {
    std::size_t count = 0;
    for (const auto& line : site.web().requests()) count += line.find(" /b/") != std::string::npos ? 1U : 0U;
    return count;
  }
  static bool partial_exists(const Site& site) {
    for (const auto& entry : std::filesystem::directory_iterator(site.path() + "/store/staging")) {
      if (entry.path().extension() == ".part") return true;
    }
    return false;
  }
};

/// A slow peer, so that a copy can be caught in the middle.
struct SlowPeer : Interruption {
  Site there{folder.path(), "silver"};
  std::unique_ptr<testing_support::Nginx> slow;

  void SetUp() override {
    there.manifest(there.file_image("big", noise(40'000'000)) + there.file_image("small", "small"));
    there.apply();
    slow = std::make_unique<testing_support::Nginx>(there.public_folder(), folder / "slow", "limit_rate 8m;");
    here.manifest(Site::peer(there, "urls = [\"" + slow->url() + "\"]\n") +
                  "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n");
  }
  void full_speed() { here.manifest(Site::peer(there) + "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n"); }
  /// Starts an apply and waits until some of the big image is here.
  std::unique_ptr<Running> caught_in_the_middle() {
    auto running = std::make_unique<Running>(
        testing_support::Command{
            .arguments = {INGOT_BINARY, "apply", "--yes", "--json"}, .folder = here.path(), .environment = {}},
        here.path() + "/apply.log");
    for (int i = 0; i < 2'000 && !partial_exists(here); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    std::this_thread::sleep_for(std::chrono::milliseconds(1'200));
    EXPECT_TRUE(partial_exists(here));
    return running;
  }
};

TEST_F(SlowPeer, E7_an_interrupted_apply_accounts_for_everything_and_goes_on_at_its_segment) {
  const auto running = caught_in_the_middle();
  running->signal(SIGINT);
  EXPECT_EQ(running->wait(), 130) << read_text(here.path() + "/apply.log");
  std::string log = read_text(here.path() + "/apply.log");
  const Json result = Json::parse(log.substr(log.rfind("{\"event\":\"result\"")));
  EXPECT_FALSE(result.at("not_started").empty());
  EXPECT_TRUE(partial_exists(here));
  EXPECT_EQ(here.ingot({"verify"}).exit, 0);
  full_speed();
  const Json again = here.apply();
  EXPECT_EQ(here.query({"images"}).at("images").size(), 2U);
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
  ASSERT_EQ(here.ingot({"extract", "big", "out"}).exit, 0);
  EXPECT_EQ(read_text(here.path() + "/out"), read_text(there.path() + "/sources/big"));
}

TEST_F(SlowPeer, K1_a_killed_apply_run_again_fetches_only_what_is_missing) {
  const auto running = caught_in_the_middle();
  running->signal(SIGKILL);
  running->wait();
  full_speed();
  const Ran ran = here.ingot({"apply", "--yes", "--json"});
  EXPECT_EQ(ran.exit, 0) << ran.out << ran.err;
  EXPECT_EQ(here.query({"images"}).at("images").size(), 2U);
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
  EXPECT_EQ(here.ingot({"verify"}).exit, 0);
  // What was here already is counted, not fetched.
  std::uint64_t fetched = 0;
  std::stringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) {
    const Json event = Json::parse(line);
    if (event.value("event", "") == "done" && event.at("address") == "copy.silver.big")
      fetched = event.value("fetched", std::uint64_t{0});
  }
  EXPECT_GT(fetched, 0U);
  EXPECT_LT(fetched, 39'000'000U);
}

TEST_F(Interruption, K1_kill_9_at_any_moment_and_a_rerun_ends_where_an_undisturbed_run_does) {
  std::string entries;
  for (int i = 0; i < 6; ++i) entries += here.file_image("i" + std::to_string(i), noise(300'000 + static_cast<std::size_t>(i)));
  here.manifest(entries);
  // Each time a little later: the whole run is some tens of milliseconds.
  for (int delay = 1; delay <= 120; delay += 7) {
    Running running({.arguments = {INGOT_BINARY, "apply", "--yes", "-q"}, .folder = here.path(), .environment = {}},
                    here.path() + "/apply.log");
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    running.signal(SIGKILL);
    running.wait();
    const Ran verify = here.ingot({"verify"});
    ASSERT_EQ(verify.exit, 0) << "after " << delay << " ms: " << verify.out << verify.err;
  }
  here.apply();
  EXPECT_EQ(here.plan().at("actions").size(), 0U);
  EXPECT_EQ(here.query({"images"}).at("images").size(), 6U);
  EXPECT_EQ(here.ingot({"verify"}).exit, 0);
}

TEST_F(Interruption, output_that_nobody_reads_does_not_stop_an_apply) {
  here.manifest(here.file_image("a", "bytes"));
  const Ran ran =
      testing_support::run({.arguments = {"bash", "-c", std::string("set -o pipefail; ") + INGOT_BINARY + " apply --yes | true"},
                            .folder = here.path(),
                            .environment = {}});
  EXPECT_EQ(here.query({"images"}).at("images").size(), 1U) << ran.err;
  EXPECT_EQ(here.ingot({"query", "images"}).exit, 0);
  const Ran full = testing_support::run({.arguments = {"bash", "-c", std::string(INGOT_BINARY) + " query images > /dev/full"},
                                         .folder = here.path(),
                                         .environment = {}});
  EXPECT_EQ(full.exit, 6) << "a result that could not be written is no success";
}

}  // namespace
}  // namespace ingot::scenarios
