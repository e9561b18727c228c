// R19, R31 with the built binary and a real nginx: servers that allow few connections or ask to wait, that call bytes a web page,
// caches, deadlines, and a system that starts no more threads.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <thread>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/noise.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::Nginx;
using testing_support::noise;
using testing_support::read_text;
using testing_support::TestFolder;

/// "gold" copies all of "silver" through a web server that is set up badly.
struct BusyPeers : testing::Test {
  TestFolder folder;
  Site here{folder.path(), "gold"};
  Site there{folder.path(), "silver"};
  std::unique_ptr<Nginx> web;

  static std::string subscribe(const std::string& peer) {
    return "[[subscription]]\npeer = \"" + peer + "\"\nall = true\nsince = \"start\"\n\n";
  }
  void offer(std::size_t bytes) {
    there.manifest(there.file_image("large", noise(bytes)));
    there.apply();
  }
  /// silver is asked here alone; `more`: further lines of its entry.
  void serve(const std::string& extra, const std::string& http = "", const std::string& more = "") {
    fs::create_directories(folder / "web");
    web = std::make_unique<Nginx>(there.public_folder(), folder / "web", extra, http);
    subscribe_at(web->url(), more);
  }
  void subscribe_at(const std::string& url, const std::string& more = "", const std::string& others = "") {
    here.manifest(Site::peer(there, "urls = [\"" + url + "\"]\n" + more) + subscribe("silver") + others);
  }
  static long count(const Nginx& server, const std::string& what) {
    const auto lines = server.requests();
    return std::count_if(lines.begin(), lines.end(),
                         [&](const std::string& line) { return line.find(what) != std::string::npos; });
  }
};

TEST_F(BusyPeers, R31_a_server_that_allows_two_connections_gives_a_large_image_in_one_run) {
  offer(24'000'000);
  serve("limit_conn few 2; limit_rate 12m;", "limit_conn_zone $binary_remote_addr zone=few:1m;");
  EXPECT_TRUE(here.apply(0).at("complete"));
  EXPECT_GT(count(*web, " 503"), 0) << "it did refuse";
}

TEST_F(BusyPeers, R31_a_server_that_limits_requests_gives_an_image_in_one_run) {
  offer(12'000'000);
  serve("location /b/ { limit_req zone=few; }",
        "limit_req_zone $binary_remote_addr zone=few:1m rate=5r/s; limit_req_status 429;");
  EXPECT_TRUE(here.apply(0).at("complete"));
  EXPECT_GT(count(*web, " 429"), 0) << "it did refuse";
}

TEST_F(BusyPeers, R31_a_server_that_asks_for_an_hour_is_left_and_the_other_peer_goes_on) {
  Site third(folder.path(), "bronze");
  std::string images;
  for (int i = 0; i < 12; ++i) images += there.file_image("s" + std::to_string(i), "bytes of s" + std::to_string(i));
  there.manifest(images);
  there.apply();
  third.manifest(third.file_image("b1", noise(200'000)) + third.file_image("b2", noise(200'001)));
  third.apply();
  fs::create_directories(folder / "slow");  // its copies keep their slots until silver has answered
  Nginx slow(third.public_folder(), folder / "slow", "location /b/ { limit_rate 100k; }");
  serve("location /b/ { add_header Retry-After 3600 always; return 429; }");
  subscribe_at(web->url(), "", Site::peer(third, "urls = [\"" + slow.url() + "\"]\n") + subscribe("bronze"));
  const Json result = here.apply(3);
  ASSERT_FALSE(result.at("failed").empty());
  EXPECT_EQ(result.at("failed").at(0).at("code"), "peer-failing");
  EXPECT_THAT(result.at("failed").at(0).at("text").get<std::string>(), HasSubstr("asks to wait 3600 s (Retry-After)"));
  // Half of the eight slots; and, if the two copies of the other peer have begun by then, also the two that are free.
  EXPECT_LE(count(*web, "/b/"), 6) << "each slot asked once";
  EXPECT_EQ(result.at("failed").size() + result.at("not_started").size(), 12U);
  EXPECT_THAT(result.at("not_started").back().at("text").get<std::string>(), HasSubstr("peer-failing"));
  EXPECT_FALSE(result.at("not_started").back().at("deferred"));
  EXPECT_EQ(here.query({"images"}).at("images").size(), 2U);
}

TEST_F(BusyPeers, R31_a_killed_copy_goes_on_inside_its_segment) {
  offer(4'000'000);
  serve("location /b/ { limit_rate 1m; }");
  {
    testing_support::Running apply({.arguments = {INGOT_BINARY, "apply", "--yes"}, .folder = here.path(), .environment = {}},
                                   folder / "log");
    const auto partial = [&] {
      for (const auto& entry : fs::recursive_directory_iterator(here.path() + "/store")) {
        if (entry.is_regular_file() && entry.file_size() > 1'000'000 && entry.file_size() < 4'000'000) return true;
      }
      return false;
    };
    for (int i = 0; i < 1000 && !partial(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    apply.signal(SIGKILL);
    apply.wait();
  }
  // The server notes a request when it sees that the connection is gone: at its next write.
  for (int i = 0; i < 1000 && count(*web, "/b/") == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_EQ(count(*web, "/b/"), 1);
  web->forget_requests();
  EXPECT_TRUE(here.apply(0).at("complete"));
  EXPECT_EQ(count(*web, " 206"), 1) << "the rest alone";
  EXPECT_EQ(count(*web, "/b/"), 1);
}

TEST_F(BusyPeers, R19_a_server_that_calls_everything_a_web_page_is_no_web_page) {
  offer(9'000'000);
  serve("types { } default_type text/html;");
  EXPECT_TRUE(here.apply(0).at("complete"));
}

TEST_F(BusyPeers, one_stream_fetches_a_file_once_through_a_cache_that_fetches_it_whole_for_each_range) {
  offer(20'000'000);
  there.web().forget_requests();
  const std::string zone = "proxy_cache_path " + (folder / "web") + "/cache keys_zone=c:1m;";
  const std::string pass = "location /b/ { proxy_cache c; proxy_cache_valid 200 1d; proxy_pass " + there.web().url() + "b/; }";
  serve(pass, zone, "streams = 1\n");
  EXPECT_TRUE(here.apply(0).at("complete"));
  EXPECT_EQ(count(there.web(), "GET /b/"), 2) << "the table and the file";
}

TEST_F(BusyPeers, R31_a_catalog_that_trickles_leaves_the_time_of_a_run_to_the_others) {
  Site third(folder.path(), "bronze");
  third.manifest(third.file_image("b1", "bytes of b1"));
  third.apply();
  offer(1000);
  serve("location /c/ { limit_rate 50; }");
  subscribe_at(web->url(), "", Site::peer(third) + subscribe("bronze"));
  const Ran ran = here.ingot({"reconcile", "--deadline", "8s"});
  EXPECT_EQ(ran.exit, 3) << ran.out << ran.err;
  EXPECT_THAT(ran.out + ran.err, HasSubstr("the time for asking peers"));
  EXPECT_EQ(here.query({"images"}).at("images").size(), 1U);
}

/// As in a container with a small pids limit. Its own user, so that nobody else's processes count.
TEST_F(BusyPeers, a_system_that_starts_no_more_threads_is_an_error_with_a_hint_or_no_trouble) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to run as another user with a limit of its own";
  offer(9'000'000);
  here.manifest(here.file_image("mine", noise(9'000'000)) + Site::peer(there) + subscribe("silver"));
  fs::permissions(folder.path(), fs::perms::others_exec | fs::perms::others_read, fs::perm_options::add);
  ASSERT_EQ(
      testing_support::run({.arguments = {"chown", "-R", "54321:54321", here.path()}, .folder = "", .environment = {}}).exit, 0);
  int done = 0;
  for (const char* most : {"1", "2", "3", "4", "6"}) {
    const Ran ran =
        testing_support::run({.arguments = {"setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "prlimit",
                                            "--nproc=" + std::string(most), INGOT_BINARY, "apply", "--yes", "--no-progress"},
                              .folder = here.path(),
                              .environment = {}});
    EXPECT_TRUE(ran.exit == 0 || ran.exit == 6) << most << ": exit " << ran.exit << "\n" << ran.out << ran.err;
    if (ran.exit == 6) {
      EXPECT_THAT(ran.out + ran.err, testing::AnyOf(HasSubstr("starts no more threads"), HasSubstr("no process can be made")))
          << most;
    }
    done += ran.exit == 0 ? 1 : 0;
  }
  EXPECT_GT(done, 0) << "with enough of them it works";
}

}  // namespace
}  // namespace ingot::scenarios
