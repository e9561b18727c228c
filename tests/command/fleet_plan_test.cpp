// ingot fleet plan: the plans of many servers from their published states, and every reason why there is none.
#include <cstdlib>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"
#include "tests/support/git_folder.hpp"

namespace ingot::fleet_plan_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;
using Json = nlohmann::json;

/// gold makes images; silver and bronze copy them and publish their states.
struct FleetPlans : testing_support::Commands {
  void SetUp() override {
    ::setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
    for (const char* server : {"gold", "silver", "bronze"}) make(server);
    gold_has({"a"});
    for (const char* server : {"silver", "bronze"}) {
      copies(server);
      ASSERT_EQ(at(server, {"apply", "--yes"}).exit, 0) << terminal.said;
    }
  }
  void TearDown() override { ::unsetenv("XDG_CACHE_HOME"); }

  void gold_has(const std::vector<std::string>& images) {
    std::string entries;
    for (const auto& image : images) {
      write("gold/" + image + ".bin", "bytes of " + image);
      entries += "[[image]]\nname = \"" + image + "\"\nsource = \"" + image + ".bin\"\n";
    }
    manifest("gold", entries);
    ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  }
  /// `server` copies all of gold; `more`: lines of [server], `entries`: behind everything else.
  void copies(const std::string& server, const std::string& more = "publish_state = true\n",
              const std::string& entries = "") const {
    manifest(server, more + "[[peer]]\nname = \"gold\"\ncard = \"" + (folder / "gold/server.card.toml").string() +
                         "\"\n[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n" + entries);
  }
  Ran plan(const std::vector<std::string>& more = {}, const std::vector<std::string>& servers = {"silver", "bronze"}) {
    std::vector<std::string> words{"fleet", "plan"};
    for (const auto& server : servers) words.push_back((folder / server).string());
    words.insert(words.end(), more.begin(), more.end());
    return ingot(words);
  }
  Json plan_json(int exit, const std::vector<std::string>& servers = {"silver", "bronze"}) {
    const Ran ran = plan({"--json"}, servers);
    EXPECT_EQ(ran.exit, exit) << ran.out << ran.err;
    testing_support::expect_valid_json("fleetplan", ran.out);
    Json shown = Json::parse(ran.out);
    for (const auto& server : shown["servers"]) {
      if (!server["plan"].is_null()) testing_support::expect_valid_json("plan", server["plan"].dump());
    }
    return shown;
  }
  fs::path head_of(const std::string& server) const { return folder / server / "store/public/head.dsse"; }
};

TEST_F(FleetPlans, each_plan_is_that_of_plan_against_and_actions_stand_side_by_side) {
  gold_has({"a", "b"});
  copies("bronze", "publish_state = true\n", "[[image]]\nname = \"own\"\nsource = \"own.bin\"\n");
  const Json shown = plan_json(0);
  for (const char* server : {"silver", "bronze"}) {
    const std::size_t place = *server == 's' ? 0 : 1;
    const Ran against = at(server, {"plan", "--against", "file://" + (folder / server / "store/public").string(), "--json"});
    EXPECT_EQ(shown["servers"][place]["plan"], Json::parse(against.out)) << server;
    EXPECT_EQ(shown["servers"][place]["status"], "ok");
  }
  std::map<std::string, Json> planned;
  for (const auto& action : shown["actions"]) planned[action["address"]] = action["planned"];
  EXPECT_EQ(planned["copy.gold.b"], (Json{"silver", "bronze"}));
  EXPECT_EQ(planned["image.own"], Json{"bronze"});
  const Ran text = plan();
  EXPECT_EQ(text.exit, 0);
  EXPECT_THAT(text.out, AllOf(HasSubstr("Plans of 2 servers\n"), HasSubstr("1 to copy"), HasSubstr("copy.gold.b"),
                              HasSubstr("all 2 servers"), HasSubstr("were not checked")));
  EXPECT_THAT(plan({"--format", "markdown"}).out,
              AllOf(testing::StartsWith("<!-- ingot fleet plan -->\n## Plans of 2 servers\n"), HasSubstr("`copy.gold.b`")));
  EXPECT_FALSE(fs::exists(folder / "silver/state/plan")) << "nothing is applied or kept beside the manifest";
}

TEST_F(FleetPlans, nothing_to_do_is_said_of_each) {
  const Json shown = plan_json(0);
  EXPECT_TRUE(shown["actions"].empty());
  EXPECT_THAT(plan().out, HasSubstr("No changes. Everything is as the manifest says."));
}

TEST_F(FleetPlans, an_unreachable_server_is_one_line_and_exit_code_3) {
  gold_has({"a", "b"});
  fs::rename(head_of("silver"), folder / "away");
  const Json shown = plan_json(3);
  EXPECT_EQ(shown["servers"][0]["status"], "unreachable");
  EXPECT_TRUE(shown["servers"][0]["plan"].is_null());
  EXPECT_EQ(shown["servers"][0]["exit_code"], 3);
  EXPECT_EQ(shown["servers"][1]["status"], "ok") << "the other has its plan";
  EXPECT_THAT(plan().out, AllOf(HasSubstr("Plans of 1 of 2 servers\n"), HasSubstr("unreachable"), HasSubstr("copy.gold.b")));
}

TEST_F(FleetPlans, what_one_server_alone_has_is_shown_with_the_place_in_its_manifest) {
  copies("bronze", "publish_state = true\n", "[[image]]\nname = \"own\"\nsource = \"own.bin\"\n");
  for (const auto& words : {std::vector<std::string>{}, {"--format", "markdown"}})
    EXPECT_THAT(plan(words).out, HasSubstr((folder / "bronze/ingot.toml:13").string()));
}

TEST_F(FleetPlans, an_unreachable_peer_leaves_the_plans_incomplete) {
  fs::rename(head_of("gold"), folder / "away");
  const Json shown = plan_json(3);
  for (const auto& server : shown["servers"]) EXPECT_FALSE(server["plan"]["complete"]);
  EXPECT_THAT(plan().out, testing::ContainsRegex("\ngold +unreachable +all 2 servers +[^ ]"));
  EXPECT_THAT(plan({"--format", "markdown"}).out, HasSubstr("| `gold` | unreachable | `all 2 servers` |"));
  write("gold/store/public/head.dsse", read(head_of("silver")));
  EXPECT_EQ(plan().exit, 4);
  EXPECT_THAT(terminal.printed, testing::ContainsRegex("\ngold +untrusted +all 2 servers"));
}

TEST_F(FleetPlans, an_untrusted_server_is_exit_code_4) {
  fs::copy_file(head_of("bronze"), head_of("silver"), fs::copy_options::overwrite_existing);
  const Json shown = plan_json(4);
  EXPECT_EQ(shown["servers"][0]["status"], "untrusted");
  EXPECT_EQ(shown["servers"][1]["status"], "ok");
}

TEST_F(FleetPlans, a_server_without_a_published_state_has_no_plan) {
  copies("bronze", "");
  ASSERT_EQ(at("bronze", {"apply", "--yes"}).exit, 0) << terminal.said;
  const Json shown = plan_json(0);
  EXPECT_EQ(shown["servers"][1]["status"], "no-state");
  const Ran text = plan();
  EXPECT_THAT(text.out, HasSubstr("hint: bronze: set publish_state = true in its [server] section"));
  EXPECT_THAT(text.err, HasSubstr("no plan for bronze: the state is not published"));
  EXPECT_THAT(plan({"--format", "markdown"}).out, HasSubstr("hint: `set publish_state = true"));
  EXPECT_EQ(plan({}, {"bronze"}).exit, 7) << "there is no plan at all";
}

TEST_F(FleetPlans, held_actions_are_exit_code_7) {
  gold_has({"a", "b", "c"});
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said;
  copies("silver", "publish_state = true\n[guard]\nremovals = { count = 0, percent = 1 }\n",
         "[[copy]]\npeer = \"gold\"\nname = \"b\"\nkeep = false\n");
  const Json shown = plan_json(7);
  EXPECT_EQ(shown["servers"][0]["exit_code"], 7);
  EXPECT_THAT(plan().out, HasSubstr("held: silver"));
  EXPECT_THAT(plan({"--format", "markdown"}).out, HasSubstr("### Held or blocked"));
}

TEST_F(FleetPlans, an_empty_manifest_is_refused_for_its_server_alone) {
  manifest("silver", "publish_state = true\n");
  const Json shown = plan_json(7);
  EXPECT_EQ(shown["servers"][0]["status"], "empty");
  EXPECT_THAT(shown["servers"][0]["mend"].get<std::string>(), HasSubstr("--allow-empty"));
  EXPECT_THAT(plan().out, testing::ContainsRegex("\nhint: silver: [^\n]*--allow-empty"));
  EXPECT_EQ(shown["servers"][1]["status"], "ok");
}

TEST_F(FleetPlans, all_problems_of_all_manifests_are_told_in_one_run) {
  write("silver/ingot.toml", "manifest = 2\n");
  write("bronze/ingot.toml", "nonsense");
  const Ran ran = plan();
  EXPECT_EQ(ran.exit, 65);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("silver/ingot.toml:1:"), HasSubstr("bronze/ingot.toml:1:")));
}

TEST_F(FleetPlans, a_server_that_is_named_twice_is_refused) {
  const Ran twice = plan({}, {"silver", "bronze", "silver"});
  EXPECT_EQ(twice.exit, 64);
  EXPECT_THAT(twice.err, AllOf(HasSubstr("manifests of one server"), HasSubstr("silver/ingot.toml")));
}

TEST_F(FleetPlans, the_card_is_beside_the_manifest_or_in_a_folder_of_cards) {
  fs::create_directories(folder / "cards");
  fs::rename(folder / "silver/server.card.toml", folder / "cards/silver.card.toml");
  const Ran none = plan();
  EXPECT_EQ(none.exit, 64);
  EXPECT_THAT(none.err, AllOf(HasSubstr("silver/ingot.toml"), Not(HasSubstr("bronze/ingot.toml")), HasSubstr("--cards DIR")));
  const std::vector<std::string> cards{"--cards", (folder / "cards").string()};
  EXPECT_EQ(plan(cards).exit, 0) << terminal.said;
  const Ran missing = plan({"--cards", (folder / "nowhere").string()});
  EXPECT_EQ(missing.exit, 64);
  EXPECT_THAT(missing.err, HasSubstr("there is no such folder"));
  write("cards/another.card.toml", read(folder / "gold/server.card.toml"));
  EXPECT_EQ(plan(cards, {"gold"}).exit, 7) << "gold publishes no state";
  write("cards/another.card.toml", "card = 2\n");
  EXPECT_EQ(plan(cards).exit, 65);
  EXPECT_EQ(ingot({"fleet", "plan"}).exit, 64);
  EXPECT_EQ(ingot({"fleet", "plan", "x", "--format", "html"}).exit, 64);
}

TEST_F(FleetPlans, a_card_of_the_folder_says_where_the_server_is_now) {
  fs::create_directories(folder / "cards");
  fs::rename(folder / "silver/store/public", folder / "moved");
  std::string card = read(folder / "silver/server.card.toml");
  const std::string old = "file://" + (folder / "silver/store/public").string();
  card.replace(card.find(old), old.size(), "file://" + (folder / "moved").string());
  write("cards/silver.card.toml", card);
  EXPECT_EQ(plan().exit, 3);
  EXPECT_EQ(plan({"--cards", (folder / "cards").string()}).exit, 0) << terminal.printed;
}

TEST_F(FleetPlans, with_a_base_only_what_the_manifests_add_is_shown) {
  const testing_support::GitFolder repository((folder / "repository").string());
  const std::string outside = (folder / "gold/server.card.toml").string();
  const auto commit = [&](const std::string& subject) {
    for (const char* server : {"silver", "bronze"}) {
      std::string text = read(folder / server / "ingot.toml");
      text.replace(text.find(outside), outside.size(), "gold.card.toml");
      repository.write(std::string(server) + "/ingot.toml", text);
      repository.write(std::string(server) + "/server.card.toml", read(folder / server / "server.card.toml"));
      repository.write(std::string(server) + "/gold.card.toml", read(outside));
    }
    repository.commit(subject);
  };
  commit("Two servers");
  gold_has({"a", "b"});
  copies("bronze", "publish_state = true\n", "[[image]]\nname = \"own\"\nsource = \"own.bin\"\n");
  commit("An image");
  const Ran ran = plan({"--base", "HEAD^", "--json"}, {"repository/silver", "repository/bronze"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const Json shown = Json::parse(ran.out);
  EXPECT_TRUE(shown["servers"][0]["plan"]["actions"].empty());
  ASSERT_FALSE(shown["actions"].empty());
  for (const auto& action : shown["actions"]) EXPECT_EQ(action["planned"], Json{"bronze"}) << action;
  for (const auto& words : {std::vector<std::string>{"--base", "HEAD^"}, {"--base", "HEAD^", "--format", "markdown"}})
    EXPECT_THAT(
        plan(words, {"repository/silver", "repository/bronze"}).out,
        testing::ContainsRegex("Only what differs from the plans of HEAD\\^ \\([0-9a-f]+\\) is shown: [0-9]+ actions? left out"));
  EXPECT_EQ(plan({"--rev", "HEAD^", "--json"}, {"repository/silver", "repository/bronze"}).exit, 0) << terminal.said;
  EXPECT_EQ(plan({"--base", "HEAD"}).exit, 64) << "these manifests are in no repository";
}

}  // namespace
}  // namespace ingot::fleet_plan_test
