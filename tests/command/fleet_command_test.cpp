// ingot fleet: files in, and servers asked; what is made of them is tested in tests/fleet.
#include <cstdlib>
#include <set>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "reconciler/show/html/fleet_status_page.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"
#include "tests/support/catalog_builder.hpp"
#include "tests/support/git_folder.hpp"

namespace ingot::fleet_command_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;
using Json = nlohmann::json;

struct FleetCommands : testing_support::Commands {
  void SetUp() override {
    ::setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
    fs::create_directories(folder / "cards");
  }
  void TearDown() override { ::unsetenv("XDG_CACHE_HOME"); }

  /// gold with a series of two images; silver has the first only.
  void a_server_behind() {
    make("gold");
    make("silver");
    write("gold/a.bin", "bytes of a");
    write("gold/b.bin", "bytes of b");
    gold_has({"a"});
    manifest("silver", "[[peer]]\nname = \"gold\"\ncard = \"" + (folder / "gold/server.card.toml").string() +
                           "\"\n[[subscription]]\npeer = \"gold\"\nseries = \"s\"\nsince = \"start\"\n");
    ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said;
    gold_has({"a", "b"});
    for (const char* server : {"gold", "silver"})
      fs::copy_file(folder / server / "server.card.toml", folder / "cards" / (std::string(server) + ".card.toml"));
  }
  void gold_has(const std::vector<std::string>& images) {
    std::string entries, members;
    for (const auto& image : images) {
      entries += "[[image]]\nname = \"" + image + "\"\nsource = \"" + image + ".bin\"\n";
      members += "\"" + image + "\",";
    }
    manifest("gold", entries + "[[series]]\nname = \"s\"\nimages = [" + members + "]\n");
    ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  }
  Ran status(std::vector<std::string> words) {
    words.insert(words.begin(), {"fleet", "status"});
    words.insert(words.end(), {"--cards", (folder / "cards").string()});
    return ingot(words);
  }
  Json status_json(std::vector<std::string> words, int exit) {
    words.emplace_back("--json");
    const Ran ran = status(words);
    EXPECT_EQ(ran.exit, exit) << ran.err;
    testing_support::expect_valid_json("fleetstatus", ran.out);
    return Json::parse(ran.out);
  }
};

TEST_F(FleetCommands, check_reads_manifests_and_the_cards_beside_them) {
  a_server_behind();
  const std::vector<std::string> check{"fleet", "check", (folder / "gold").string(), (folder / "silver/ingot.toml").string()};
  const auto as = [&](const std::string& format) {
    auto words = check;
    words.insert(words.end(), {"--format", format});
    const Ran ran = ingot(words);
    EXPECT_EQ(ran.exit, 0) << ran.err;
    return ran.out;
  };
  EXPECT_THAT(as("text"), AllOf(HasSubstr("2 servers, 1 rules: 0 errors, 0 warnings, 0 notes\n"), HasSubstr("series s"),
                                HasSubstr("2 images: a, b")));
  const std::string json = as("json");
  testing_support::expect_valid_json("fleet", json);
  EXPECT_EQ(Json::parse(json)["flows"][0]["images"], (Json{"a", "b"}));
  EXPECT_THAT(as("dot"), AllOf(testing::StartsWith("digraph fleet {\n"),
                               HasSubstr("\"gold\" -> \"silver\" [label=\"series s: 2 images\"];\n")));
  EXPECT_THAT(as("mermaid"), AllOf(testing::StartsWith("graph LR\n"), HasSubstr("s0 -->|\"series s: 2 images\"| s1\n")));
}

TEST_F(FleetCommands, check_ends_with_65_if_manifests_do_not_fit_or_cannot_be_read) {
  a_server_behind();
  manifest("silver", "[[peer]]\nname = \"gold\"\ncard = \"" + (folder / "gold/server.card.toml").string() +
                         "\"\n[[subscription]]\npeer = \"gold\"\nseries = \"t\"\n");
  const Ran unfit = ingot({"fleet", "check", (folder / "gold").string(), (folder / "silver").string()});
  EXPECT_EQ(unfit.exit, 65);
  EXPECT_THAT(unfit.out, HasSubstr("silver/ingot.toml:8: "));
  write("gold/ingot.toml", "manifest = 2\n");
  write("silver/ingot.toml", "nonsense");
  const Ran broken = ingot({"fleet", "check", (folder / "gold").string(), (folder / "silver").string()});
  EXPECT_EQ(broken.exit, 65);
  EXPECT_THAT(broken.err, AllOf(HasSubstr("gold/ingot.toml:1:"), HasSubstr("silver/ingot.toml:1:")))
      << "all problems of all in one run";
}

TEST_F(FleetCommands, status_needs_no_server_of_its_own) {
  a_server_behind();
  const Json all = status_json({}, 2);
  ASSERT_EQ(all["images"].size(), 2U);
  EXPECT_EQ(all["images"][0]["servers"][1]["status"], "present");
  EXPECT_EQ(all["images"][0]["servers"][1]["digest_equal"], true);
  EXPECT_EQ(all["images"][1]["servers"][1]["status"], "waiting");
  const Ran text = status({"series:s"});
  EXPECT_EQ(text.exit, 2);
  EXPECT_THAT(text.out, testing::ContainsRegex("\nb +gold +origin +waiting\n"));
  EXPECT_EQ(status({"a"}).exit, 0);
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0);
  EXPECT_EQ(status({"series:s"}).exit, 0) << "it has caught up";
}

TEST_F(FleetCommands, status_shows_the_last_word_of_a_server_that_is_silent) {
  a_server_behind();
  EXPECT_EQ(status({}).exit, 2);
  fs::rename(folder / "silver/store/public/head.dsse", folder / "silver/store/public/away");
  const Json silent = status_json({"a"}, 3);
  EXPECT_EQ(silent["servers"][1]["status"], "unreachable");
  EXPECT_EQ(silent["images"][0]["servers"][1]["status"], "unknown");
  EXPECT_EQ(silent["images"][0]["servers"][1]["last"], "present");
  EXPECT_THAT(status({"a"}).out, AllOf(HasSubstr("unknown (present)"), HasSubstr("unreachable")));
}

TEST_F(FleetCommands, status_says_what_is_wanted_and_by_which_rule) {
  a_server_behind();
  EXPECT_THAT(status({}).out, HasSubstr("What gold, silver want is unknown: publish_state = true"));
  const std::string rules = "publish_state = true\n[[peer]]\nname = \"gold\"\ncard = \"" +
                            (folder / "gold/server.card.toml").string() +
                            "\"\n[[subscription]]\npeer = \"gold\"\nseries = \"s\"\nsince = \"start\"\n";
  manifest("silver", rules + "exclude = [\"b\"]\n");
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said;
  Json shown = status_json({}, 0);
  EXPECT_EQ(shown["servers"][1]["publishes_state"], true);
  EXPECT_EQ(shown["servers"][0]["publishes_state"], false);
  EXPECT_EQ(shown["images"][0]["servers"][1]["wanted"], true);
  EXPECT_EQ(shown["images"][1]["servers"][1]["wanted"], false);
  EXPECT_EQ(shown["images"][1]["servers"][1]["status"], "absent");
  EXPECT_EQ(shown["images"][1]["servers"][1]["why_not"], "excluded");
  EXPECT_TRUE(shown["images"][1]["servers"][0]["wanted"].is_null()) << "gold does not publish its state";

  manifest("silver", rules);
  gold_has({"a", "b"});
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said;
  write("gold/c.bin", "bytes of c");
  gold_has({"a", "b", "c"});
  shown = status_json({"--manifest", (folder / "silver").string()}, 2);
  EXPECT_EQ(shown["images"][2]["servers"][1]["status"], "waiting");
  EXPECT_EQ(shown["images"][2]["servers"][1]["wanted"], true);
  EXPECT_THAT(shown["images"][2]["servers"][1]["at"].get<std::string>(), testing::EndsWith("silver/ingot.toml:9"));
  EXPECT_THAT(status({}).out,
              AllOf(HasSubstr("waiting, wanted"), testing::ContainsRegex("\nsilver +c +gold +waiting +yes +subscription"),
                    HasSubstr("What gold wants is unknown")));
  const Ran markdown = status({"--format", "markdown"});
  EXPECT_EQ(markdown.exit, 2);
  EXPECT_THAT(markdown.out, AllOf(testing::StartsWith("<!-- ingot fleet status -->\n"), HasSubstr("### Wanted and missing"),
                                  HasSubstr("| `silver` | `c` |")));
  const Ran page = status({"--format", "html"});
  EXPECT_EQ(page.exit, 2);
  EXPECT_THAT(page.out, AllOf(testing::StartsWith("<!DOCTYPE html>\n<!-- ingot report -->\n"),
                              HasSubstr("1 image is missing on a server that wants it."), HasSubstr("Wanted and missing")));
}

TEST_F(FleetCommands, manifests_of_a_commit_are_read) {
  a_server_behind();
  const testing_support::GitFolder repository((folder / "repository").string());
  const std::string text = read(folder / "silver/ingot.toml"), outside = (folder / "gold/server.card.toml").string();
  std::string inside = text;
  inside.replace(inside.find(outside), outside.size(), "gold.card.toml");
  repository.write("silver/ingot.toml", inside);
  repository.write("silver/gold.card.toml", read(outside));
  repository.write("silver/server.card.toml", read(folder / "silver/server.card.toml"));
  repository.commit("silver");
  repository.write("silver/ingot.toml", "nonsense");
  repository.commit("nonsense");
  const std::string site = (folder / "repository/silver").string();
  EXPECT_EQ(ingot({"fleet", "check", site}).exit, 65);
  EXPECT_EQ(ingot({"fleet", "check", site, "--rev", "HEAD^"}).exit, 0) << terminal.said;
  EXPECT_EQ(status({"--manifest", site, "--rev", "HEAD^"}).exit, 2) << terminal.said;
  const std::vector<std::string> report{
      "fleet", "report", site, "--cards", (folder / "cards").string(), "--out", (folder / "fleet.html").string()};
  EXPECT_EQ(ingot(report).exit, 65);
  std::vector<std::string> at_commit = report;
  at_commit.insert(at_commit.end(), {"--rev", "HEAD^"});
  EXPECT_EQ(ingot(at_commit).exit, 0) << terminal.said;
}

TEST_F(FleetCommands, a_server_that_is_named_twice_is_refused) {
  a_server_behind();
  const std::string site = (folder / "silver").string();
  EXPECT_EQ(status({"--manifest", site, "--manifest", site}).exit, 64);
  EXPECT_THAT(terminal.said, HasSubstr("manifests of one server"));
  EXPECT_EQ(
      ingot({"fleet", "report", site, site, "--cards", (folder / "cards").string(), "--out", (folder / "fleet.html").string()})
          .exit,
      64);
  EXPECT_FALSE(fs::exists(folder / "fleet.html"));
}

TEST_F(FleetCommands, status_refuses_a_wrong_manifest_and_a_missing_folder) {
  a_server_behind();
  fs::remove(folder / "gold/server.card.toml");
  const Ran no_card = status({"--manifest", (folder / "gold").string()});
  EXPECT_EQ(no_card.exit, 2);
  EXPECT_THAT(no_card.err, HasSubstr("there is no server.card.toml beside it"));
  write("silver/ingot.toml", "nonsense");
  EXPECT_EQ(status({"--manifest", (folder / "silver").string()}).exit, 65);
  const Ran missing = ingot({"fleet", "status", "--cards", (folder / "nowhere").string()});
  EXPECT_EQ(missing.exit, 64);
  EXPECT_THAT(missing.err, HasSubstr("there is no such folder"));
}

TEST_F(FleetCommands, status_of_what_nobody_has_names_the_nearest) {
  a_server_behind();
  const Ran image = status({"aa"});
  EXPECT_EQ(image.exit, 3);
  EXPECT_THAT(image.err, HasSubstr("none of these servers has an image \"aa\""));
  EXPECT_EQ(status({"series:none"}).exit, 3);
  const Ran none = ingot({"fleet", "status", "--cards", (folder / "cache").string()});
  EXPECT_EQ(none.exit, 64);
  EXPECT_THAT(none.err, HasSubstr("there are no cards in"));
  EXPECT_EQ(ingot({"fleet", "status"}).exit, 64);
  EXPECT_EQ(ingot({"fleet", "check"}).exit, 64);
  EXPECT_EQ(ingot({"fleet", "chek"}).exit, 64);
  EXPECT_EQ(ingot({"plan", "--format", "dot"}).exit, 64);
}

/// Servers that publish their states or not, and images that some of them want and lack.
std::string lead_of_status(const std::vector<bool>& stated, const std::vector<std::set<std::size_t>>& lacking) {
  std::vector<fleet::FleetWord> servers;
  for (const bool says : stated) {
    const std::string name = "s" + std::to_string(servers.size());
    servers.push_back(
        {.name = name, .id = testing_support::server_id(name), .trouble = Code::none, .why = "", .head = {}, .catalog = nullptr});
    if (says) servers.back().stated = std::make_shared<const Stated>();
  }
  std::vector<fleet::FleetImage> images;
  for (const auto& without : lacking) {
    const ImageName name = ImageName::of("i" + std::to_string(images.size()));
    fleet::FleetImage image{.identity = {servers[0].id, name, 1}, .origin = "s0", .digest = {}, .series = {}, .holdings = {}};
    for (std::size_t i = 0; i < servers.size(); ++i) {
      fleet::FleetHolding held{.holding = fleet::Holding::present};
      if (without.contains(i)) held = {.holding = fleet::Holding::waiting, .want = {.wanted = fleet::Wanted::yes}};
      image.holdings.push_back(held);
    }
    images.push_back(std::move(image));
  }
  const show::FleetStatus status{.servers = servers, .images = images, .now = parse_time("2026-11-30T00:00:00Z").value()};
  const std::string page = show::shown([&](show::Output& out) { show::show_fleet_status_page(status, out); });
  const std::string begin = "<p class=\"lead\">";
  const auto at = page.find(begin) + begin.size();
  return page.substr(at, page.find("</p>", at) - at);
}

TEST(fleet_status_page, a_status_counts_images_and_servers_apart) {
  EXPECT_EQ(lead_of_status({true, true, true}, {{1, 2}}), "1 image is missing on 2 servers that want it.");
  EXPECT_EQ(lead_of_status({true, true, true}, {{1, 2}, {2}, {}}), "2 images are missing on 2 servers that want them.");
  EXPECT_EQ(lead_of_status({true, true}, {{1}, {1}}), "2 images are missing on a server that wants them.");
  EXPECT_EQ(lead_of_status({true, true}, {{}}), "Nothing that a server wants is missing.");
  EXPECT_EQ(lead_of_status({true, false}, {{}}),
            "Nothing is missing on 1 server that says what it wants; of the others it is unknown.");
  EXPECT_EQ(lead_of_status({false, false}, {{}}), "No server says what it wants.");
}

}  // namespace
}  // namespace ingot::fleet_command_test
