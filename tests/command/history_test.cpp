// ingot history: when and why something came or went, and by which run.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"

namespace ingot::history_test {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;
using Json = nlohmann::json;

struct History : testing_support::Commands {
  Json changes(const std::string& server, const std::string& what) {
    const Ran ran = at(server, {"history", what, "--json"});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    testing_support::expect_valid_json("changes", ran.out);
    return Json::parse(ran.out);
  }
  std::string last_run(const std::string& server) {
    return Json::parse(at(server, {"query", "history", "--json"}).out)["runs"][0]["id"];
  }
};

TEST_F(History, tells_when_and_why_an_image_came_and_went) {
  two_servers();
  const std::string came = last_run("gold");
  manifest("gold", "[[image]]\nname = \"b\"\nsource = \"a.bin\"\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  const Json of_a = changes("gold", "a");
  ASSERT_EQ(of_a["changes"].size(), 2U);
  EXPECT_EQ(of_a["changes"][0]["verb"], "delete");
  EXPECT_THAT(of_a["changes"][0]["arguments"].get<std::string>(), HasSubstr("the manifest no longer names it"));
  EXPECT_EQ(of_a["changes"][0]["run"]["id"], last_run("gold"));
  EXPECT_EQ(of_a["changes"][1]["verb"], "add");
  EXPECT_EQ(of_a["changes"][1]["run"]["id"], came);
  EXPECT_THAT(of_a["changes"][1]["arguments"].get<std::string>(), HasSubstr("ingot.toml:5"));
  EXPECT_TRUE(of_a["earlier"].empty());
  const Ran text = at("gold", {"history", "image.a"});
  EXPECT_THAT(text.out, testing::ContainsRegex("done +delete image\\.a\n"));
  EXPECT_THAT(text.out, HasSubstr("run   " + came + ", apply by "));
}

TEST_F(History, finds_a_copy_by_its_name_here_and_by_its_name_there) {
  two_servers();
  manifest("silver", "[[peer]]\nname = \"gold\"\ncard = \"" + (folder / "gold/server.card.toml").string() +
                         "\"\n[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\nas = \"gold-{name}\"\n");
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said;
  for (const char* name : {"a", "gold-a", "copy.gold.a"}) {
    const Json found = changes("silver", name);
    ASSERT_EQ(found["changes"].size(), 1U) << name;
    EXPECT_EQ(found["changes"][0]["address"], "copy.gold.a");
    EXPECT_THAT(found["changes"][0]["arguments"].get<std::string>(), HasSubstr("subscription.gold.all at ingot.toml:"));
  }
  EXPECT_EQ(changes("silver", "gold")["changes"][0]["verb"], "register");
}

TEST_F(History, tells_how_the_bytes_of_a_copy_came) {
  two_servers();
  const Ran applied = at("silver", {"apply", "--yes", "--json"});
  ASSERT_EQ(applied.exit, 0) << terminal.said;
  EXPECT_THAT(applied.out, HasSubstr("\"how\":\"whole, "));
  testing_support::expect_valid_json("events", applied.out, true);
  const Json of_a = changes("silver", "copy.gold.a");
  EXPECT_THAT(of_a["changes"][0]["text"].get<std::string>(), testing::MatchesRegex("whole, .* fetched"));
  EXPECT_THAT(at("silver", {"history", "a"}).out, HasSubstr("\n  how   whole, "));
  EXPECT_THAT(at("silver", {"show", last_run("silver")}).out, HasSubstr("whole, "));
  EXPECT_THAT(at("silver", {"show", "a"}).out, testing::ContainsRegex("came +whole, .* fetched"));
  const Json shown = Json::parse(at("silver", {"show", "a", "--json"}).out);
  EXPECT_EQ(shown["how"], of_a["changes"][0]["text"]);
  testing_support::expect_valid_json("show", shown.dump());
  EXPECT_EQ(Json::parse(at("gold", {"show", "a", "--json"}).out)["how"], nullptr) << "its source is in the reason";
}

TEST_F(History, tells_of_failures_too) {
  make("gold");
  manifest("gold", "[[image]]\nname = \"a\"\nsource = \"gone.bin\"\n");
  EXPECT_EQ(at("gold", {"apply", "--yes"}).exit, 3);
  const Json of_a = changes("gold", "a");
  ASSERT_EQ(of_a["changes"].size(), 1U);
  EXPECT_EQ(of_a["changes"][0]["outcome"], "failed");
  EXPECT_THAT(at("gold", {"history", "a"}).out, HasSubstr("\n  but   "));
}

TEST_F(History, of_a_state_made_anew_goes_on_from_the_papers) {
  two_servers();
  const std::string came = last_run("gold");
  fs::remove(folder / "gold/state/ingot.db");
  ASSERT_EQ(at("gold", {"state", "rebuild"}).exit, 0) << terminal.said;
  const Json of_a = changes("gold", "a");
  EXPECT_TRUE(of_a["changes"].empty());
  ASSERT_EQ(of_a["earlier"].size(), 1U);
  EXPECT_EQ(of_a["earlier"][0]["run"]["id"], came);
  EXPECT_EQ(of_a["earlier"][0]["rule"], "image.a");
  EXPECT_THAT(at("gold", {"history", "a"}).out, HasSubstr("this state is younger"));
}

TEST_F(History, of_a_name_that_nothing_bore_is_incomplete_and_names_the_nearest) {
  make("gold");
  manifest("gold", "[[image]]\nname = \"db19_24\"\nsource = \"a.bin\"\n");
  write("gold/a.bin", "a");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0);
  const Ran ran = at("gold", {"history", "db19_42"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_THAT(ran.err, HasSubstr("did you mean \"db19_24\"?"));
}

}  // namespace
}  // namespace ingot::history_test
