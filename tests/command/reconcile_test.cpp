// What a timer runs: without asking, quiet when nothing is to do, and bounded in time.
#include <atomic>
#include <map>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"
#include "tests/support/closed_window.hpp"
#include "tests/support/hostile_server.hpp"
#include "tests/support/noise.hpp"

namespace ingot::reconcile_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::closed_window;
using testing_support::HostileServer;
using testing_support::Question;
using testing_support::RawConnection;
using Json = nlohmann::json;
namespace fs = std::filesystem;

struct Reconcile : testing_support::Commands {
  Ran reconcile(std::vector<std::string> more = {}) {
    more.insert(more.begin(), "reconcile");
    return at("silver", more);
  }
  Json history() {
    const Ran ran = at("silver", {"query", "history", "--json"});
    testing_support::expect_valid_json("history", ran.out);
    return Json::parse(ran.out)["runs"];
  }
  /// An image that does not become smaller when it is packed.
  void offer_noise() {
    write("gold/noise.bin", testing_support::noise(1'500'000));
    manifest("gold", "[[image]]\nname = \"noise\"\nsource = \"noise.bin\"\n");
    ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  }
  std::map<std::string, std::string> tree_of_gold() const {
    std::map<std::string, std::string> tree;
    const fs::path root = folder / "gold/store/public";
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.is_regular_file()) tree.emplace(entry.path().lexically_relative(root), read(entry.path()));
    }
    return tree;
  }
  void limit(const std::string& limits) {
    write("silver/ingot.toml", read(folder / "silver/ingot.toml") + "[limits]\n" + limits + "\n");
  }
};

TEST_F(Reconcile, does_what_there_is_to_do_without_asking_and_then_is_silent) {
  two_servers();
  const Ran first = reconcile();
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("Applied:"));
  EXPECT_TRUE(terminal.questions.empty());
  const auto runs = history();
  EXPECT_EQ(runs[0]["command"], "reconcile");
  const Ran second = reconcile();
  EXPECT_EQ(second.exit, 0);
  EXPECT_EQ(second.out + second.err, "") << "nothing to say";
  EXPECT_EQ(history().size(), runs.size()) << "nor to keep";
}

TEST_F(Reconcile, knows_the_guards_of_the_manifest_and_no_others) {
  two_servers();
  for (const char* flag : {"--raise-limit=stops=9", "--yes", "--allow-empty"}) EXPECT_EQ(reconcile({flag}).exit, 64) << flag;
}

TEST_F(Reconcile, does_only_what_is_approved_and_holds_the_rest) {
  two_servers();
  const Ran shown = at("silver", {"plan", "--approve", "register"});
  EXPECT_EQ(shown.exit, 7) << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("Not approved: not done"), HasSubstr("--approve does not name \"instantiate\""),
                               HasSubstr("1 to register")));
  const Ran held = reconcile({"--approve", "register"});
  EXPECT_EQ(held.exit, 7) << held.out << held.err;
  EXPECT_TRUE(terminal.questions.empty());
  EXPECT_EQ(at("silver", {"query", "peers"}).exit, 0);
  EXPECT_THAT(at("silver", {"query", "images"}).out, HasSubstr("No images"));
  const Ran rest = reconcile({"--approve", "register,instantiate", "--approve", "copy"});
  EXPECT_EQ(rest.exit, 0) << rest.out << rest.err;
  EXPECT_THAT(at("silver", {"query", "images"}).out, HasSubstr("gold"));
  EXPECT_EQ(reconcile({"--approve", "copie"}).exit, 64);
}

TEST_F(Reconcile, defers_outside_of_a_window_and_says_when_it_opens) {
  two_servers();
  const std::string window = closed_window();
  limit("window = \"" + window + "\"");
  const std::string opens = "which opens at " + window.substr(0, 5) + " (local time)";
  const Ran first = reconcile();
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("Deferred"), HasSubstr(opens), HasSubstr("1 deferred"),
                               HasSubstr("closed until " + window.substr(0, 5))));
  EXPECT_EQ(history()[0]["deferred"], 1) << "the peer was registered, the copy was not made";
  EXPECT_EQ(history()[0]["skipped"], 0);
  EXPECT_THAT(at("silver", {"show", std::string(history()[0]["id"])}).out,
              AllOf(HasSubstr("deferred   copy copy.gold.a"), HasSubstr(opens)));

  const Ran second = reconcile();
  EXPECT_EQ(second.exit, 0);
  EXPECT_EQ(second.out, "");
  EXPECT_THAT(second.err, AllOf(HasSubstr("nothing to do now; deferred: copy.gold.a"), HasSubstr(opens)));
  EXPECT_EQ(reconcile({"-q"}).err, "");

  const Ran events = reconcile({"--json"});
  testing_support::expect_valid_json("events", events.out, true);
  EXPECT_THAT(events.out, AllOf(HasSubstr("\"complete\":true"), HasSubstr("\"deferred\":true"), HasSubstr(opens)));
  const Json plan = Json::parse(at("silver", {"plan", "--json"}).out);
  EXPECT_TRUE(plan["actions"][0]["deferred"]);
  EXPECT_EQ(at("silver", {"query", "images", "a"}).exit, 3) << "nothing was fetched";
}

TEST_F(Reconcile, stops_a_copy_at_its_deadline_and_a_later_run_goes_on) {
  two_servers();
  offer_noise();
  const std::string unlimited = read(folder / "silver/ingot.toml");
  limit("bandwidth = \"400 kB/s\"");
  const Ran ran = reconcile({"--deadline", "1s"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("Left for a later run"), HasSubstr("the deadline of this run is over"),
                             HasSubstr("1 deferred"), HasSubstr("kept for the next run")));
  EXPECT_EQ(history()[0]["deferred"], 1);
  EXPECT_EQ(history()[0]["exit"], 0);
  write("silver/ingot.toml", unlimited);
  EXPECT_EQ(reconcile().exit, 0) << terminal.said;
  EXPECT_EQ(at("silver", {"query", "images", "noise"}).exit, 0);
}

TEST_F(Reconcile, is_not_held_beyond_its_deadline_by_a_peer_that_stalls) {
  two_servers();
  offer_noise();
  HostileServer web;
  web.serve(tree_of_gold());
  std::atomic<bool> begins = false;  // the answer, before it stalls
  web.instead("*", [&](const RawConnection& connection, const Question& question) {
    if (!question.path.starts_with("b/")) return web.answer_honestly(connection, question);
    if (begins) connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1500000\r\n\r\nbytes");
    connection.hold();
  });
  manifest("silver", "[[peer]]\nname = \"gold\"\ncard = \"" + (folder / "gold/server.card.toml").string() + "\"\nurls = [\"" +
                         web.url() + "\"]\n[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n");
  for (const bool some : {false, true}) {
    begins = some;
    const Ran ran = reconcile({"--deadline", "1s"});
    EXPECT_EQ(ran.exit, 0) << ran.err << ran.out;
    EXPECT_THAT(ran.out, HasSubstr("deferred: the deadline of this run is over"));
  }
  web.behave();
  EXPECT_EQ(reconcile().exit, 0) << terminal.said;
  EXPECT_EQ(at("silver", {"query", "images", "noise"}).exit, 0);
}

TEST_F(Reconcile, refuses_a_wait_that_is_longer_than_its_time) {
  two_servers();
  const Ran ran = reconcile({"--deadline", "5m", "--jitter", "5m"});
  EXPECT_EQ(ran.exit, 64);
  EXPECT_THAT(ran.err, HasSubstr("both count from the start"));
}

}  // namespace
}  // namespace ingot::reconcile_test
