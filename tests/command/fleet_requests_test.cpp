// What the commands about many servers ask of each server: requests are counted in the place of the network.
#include <atomic>
#include <cstdlib>
#include <map>

#include <gmock/gmock.h>

#include "reconciler/command/commands.hpp"
#include "reconciler/io/disk/files.hpp"
#include "reconciler/options/command_line.hpp"
#include "schema/overloaded.hpp"
#include "tests/command/commands_fixture.hpp"
#include "tests/support/folder_transport.hpp"

namespace ingot::fleet_requests_test {
namespace {

namespace fs = std::filesystem;
using Requests = std::map<std::string, int>;

/// gold makes images; silver and bronze copy them and publish their states.
struct FleetRequests : testing_support::Commands {
  const std::vector<std::string> servers{"bronze", "gold", "silver"};

  void SetUp() override {
    ::setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
    fs::create_directories(folder / "cards");
    for (const auto& server : servers) {
      make(server);
      fs::copy_file(folder / server / "server.card.toml", folder / "cards" / (server + ".toml"));
    }
  }
  void TearDown() override { ::unsetenv("XDG_CACHE_HOME"); }

  /// gold has so many images, and the others have copied them.
  void all_have(int images) {
    std::string entries;
    for (int i = 0; i < images; ++i) {
      const std::string name = "i" + std::to_string(i);
      write("gold/" + name, "bytes of " + name);
      entries += "[[image]]\nname = \"" + name + "\"\nsource = \"" + name + "\"\n";
    }
    manifest("gold", entries);
    ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
    for (const char* server : {"silver", "bronze"}) {
      manifest(server, "publish_state = true\n[[peer]]\nname = \"gold\"\ncard = \"" +
                           (folder / "gold/server.card.toml").string() +
                           "\"\n[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n");
      ASSERT_EQ(at(server, {"apply", "--yes"}).exit, 0) << terminal.said;
    }
  }
  /// Of a command of which nothing is remembered, by server.
  Requests asked(const std::vector<std::string>& words) {
    fs::remove_all(folder / "cache");
    const options::Arguments arguments = options::CommandLine(words).arguments();
    std::map<std::string, std::atomic<int>> counts;
    io::PosixFiles files;
    io::SystemClock clock;
    const auto connect = [&] {
      auto transport = std::make_unique<testing_support::FolderTransport>();
      for (const auto& server : servers)
        transport->peers[server] = {.folder = folder / server / "store/public",
                                    .before = [&count = counts[server]](const io::Request&) { ++count; }};
      return transport;
    };
    const console::Session session{
        .flags = arguments.everywhere, .terminal = terminal, .files = files, .clock = clock, .connect = connect};
    const int exit = std::visit(Overloaded{[&](const options::PlanFleet& plan) { return command::run_command(plan, session); },
                                           [&](const options::AskFleet& status) { return command::run_command(status, session); },
                                           [](const auto&) { return -1; }},
                                arguments.command);
    EXPECT_EQ(exit, 0) << terminal.said;
    Requests requests;
    for (const auto& [server, count] : counts) requests[server] = count;
    return requests;
  }
  Requests asked_by_status() { return asked({"fleet", "status", "--cards", (folder / "cards").string()}); }
  Requests asked_by_plan() { return asked({"fleet", "plan", (folder / "silver").string(), (folder / "bronze").string()}); }
};

/// A page of the catalog has many entries: more images cost a few pages, and not a request each.
TEST_F(FleetRequests, of_each_server_do_not_grow_with_each_image) {
  constexpr int more = 40, pages = 5;
  all_have(1);
  const Requests status = asked_by_status(), plan = asked_by_plan();
  EXPECT_GT(status.at("gold"), 0);
  all_have(1 + more);
  for (const auto& [server, count] : asked_by_status()) EXPECT_LE(count, status.at(server) + pages) << server;
  for (const auto& [server, count] : asked_by_plan()) EXPECT_LE(count, plan.at(server) + pages) << server;
}

}  // namespace
}  // namespace ingot::fleet_requests_test
