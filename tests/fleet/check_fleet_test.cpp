#include "reconciler/fleet/check_fleet.hpp"

#include <gmock/gmock.h>

#include "tests/schema/map_files.hpp"

namespace ingot::check_fleet_test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A site of the fleet: its [server] section beyond the name, and its entries.
struct FleetSite {
  std::string name;
  std::string entries;
  std::string server = "";
  bool has_card = true;
  std::string root = "";  ///< a word; "": the name
};

std::string card_of(const std::string& name, const std::string& root) {
  return "card = 1\nname = \"" + name + "\"\nurl = \"https://" + name + ".example.net/\"\nroot = \"" + io::sha256(root).text() +
         "\"\n";
}

Card card(const FleetSite& site) {
  return {ServerName::of(site.name), "https://" + site.name + ".example.net/",
          ServerId{io::sha256(site.root.empty() ? site.name : site.root)}};
}

/// The check of these sites, in "sites/NAME/ingot.toml". Cards "WORD.card" of any word exist beside each manifest.
fleet::Fleet check(const std::vector<FleetSite>& sites) {
  std::vector<fleet::FleetMember> members;
  for (std::size_t i = 0; i < sites.size(); ++i) {
    const FleetSite& site = sites[i];
    const std::string folder = "sites/" + site.name + (i > 0 && sites[i - 1].name == site.name ? "-2" : "") + "/";
    test::FileMap files;
    for (const char* name : {"london", "paris", "oslo", "rome"}) files[folder + name + ".card"] = card_of(name, name);
    files[folder + "old-london.card"] = card_of("london", "an older root");
    files[folder + "ingot.toml"] = "manifest = 1\n[server]\nname = \"" + site.name + "\"\nurl = \"https://" + site.name +
                                   ".example.net/\"\n" + site.server + "\n" + site.entries;
    auto parsed = parse_manifest(folder + "ingot.toml", test::map_files(files));
    if (const auto* problems = std::get_if<Problems>(&parsed))
      ADD_FAILURE() << test::lines_of(*problems);
    else
      members.push_back({std::get<Manifest>(std::move(parsed)), site.has_card ? std::optional(card(site)) : std::nullopt});
  }
  return fleet::check_fleet(members);
}

std::string image(const std::string& name, const std::string& more = "") {
  return "[[image]]\nname = \"" + name + "\"\nsource = \"/s\"\n" + more + "\n";
}
std::string series(const std::string& name, const std::string& images) {
  return "[[series]]\nname = \"" + name + "\"\nimages = [" + images + "]\n";
}
std::string peer(const std::string& name, const std::string& card = "") {
  return "[[peer]]\nname = \"" + name + "\"\ncard = \"" + (card.empty() ? name : card) + ".card\"\n";
}
std::string rule(const std::string& peer_name, const std::string& selector) {
  return "[[subscription]]\npeer = \"" + peer_name + "\"\n" + selector + "\n";
}

/// "error name-conflict sites/paris/ingot.toml:12"
std::vector<std::string> findings(const fleet::Fleet& fleet) {
  std::vector<std::string> lines;
  for (const auto& finding : fleet.findings)
    lines.push_back(std::string(text_of(finding.level)) + " " + finding.code + " " + finding.at);
  return lines;
}

/// "london -> paris: series db19: db19_23 db19_24"
std::vector<std::string> flows(const fleet::Fleet& fleet) {
  std::vector<std::string> lines;
  for (const auto& flow : fleet.flows) {
    std::string line = fleet.servers[flow.from].name + " -> " + fleet.servers[flow.to].name + ": " + flow.rule + ":";
    for (const auto& name : flow.images) line += " " + name.text();
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> codes(const fleet::Fleet& fleet, fleet::Level least = fleet::Level::warning) {
  std::vector<std::string> list;
  for (const auto& finding : fleet.findings) {
    if (finding.level <= least) list.push_back(finding.code);
  }
  return list;
}

const FleetSite london{.name = "london",
                       .entries = image("db19_23", "version = \"19.23\"") +
                                  image("db19_24", "parent = \"db19_23\"\nversion = \"19.24\"") +
                                  series("db19", "\"db19_23\", \"db19_24\"") + peer("paris")};

TEST(check_fleet, says_who_gets_what_from_whom) {
  const fleet::Fleet fleet = check({london, {.name = "paris", .entries = peer("london") + rule("london", "series = \"db19\"")}});
  EXPECT_THAT(flows(fleet), ElementsAre("london -> paris: series db19: db19_23 db19_24"));
  EXPECT_THAT(codes(fleet), IsEmpty());
  EXPECT_EQ(fleet.flows[0].at, "sites/paris/ingot.toml:9");
}

TEST(check_fleet, asks_the_rules_as_a_plan_would) {
  const fleet::Fleet fleet =
      check({london,
             {.name = "paris",
              .entries = peer("london") + rule("london", "series = \"db19\"\nlatest = 1") +
                         rule("london", "image = \"db19_23\"") + rule("london", "all = true\nwhere = { version = \"19.23\" }") +
                         rule("london", "imagetype = \"SOFTWARE\"\nexclude = [\"*_24\"]")}});
  EXPECT_THAT(flows(fleet), ElementsAre("london -> paris: series db19: db19_24", "london -> paris: image db19_23: db19_24",
                                        "london -> paris: all: db19_23", "london -> paris: imagetype SOFTWARE: db19_23"));
}

TEST(check_fleet, private_images_go_nowhere_and_their_children_descend_from_the_nearest_public_one) {
  const FleetSite site{.name = "london",
                       .entries = image("a") + image("b", "parent = \"a\"\nprivate = true") + image("c", "parent = \"b\"")};
  const fleet::Fleet fleet = check(
      {site, {.name = "paris", .entries = peer("london") + rule("london", "image = \"a\"") + rule("london", "all = true")}});
  EXPECT_THAT(flows(fleet), ElementsAre("london -> paris: image a: c", "london -> paris: all: a c"));
}

TEST(check_fleet, an_image_made_from_a_copy_descends_from_it) {
  const fleet::Fleet fleet =
      check({london,
             {.name = "paris",
              .entries = peer("london") + rule("london", "all = true") + image("db19_24_paris", "parent = \"db19_24\"")},
             {.name = "rome", .entries = peer("paris") + rule("paris", "image = \"db19_24\"")}});
  EXPECT_THAT(flows(fleet), Contains("paris -> rome: image db19_24: db19_24_paris"));
  EXPECT_THAT(codes(fleet), IsEmpty());
}

TEST(check_fleet, finds_names_of_images_that_would_meet) {
  const fleet::Fleet fleet = check({london,
                                    {.name = "oslo", .entries = image("DB19_24")},
                                    {.name = "paris",
                                     .entries = peer("london") + peer("oslo") + rule("london", "all = true") +
                                                rule("oslo", "all = true") + image("db19_23")}});
  EXPECT_THAT(findings(fleet), Contains("error name-conflict sites/paris/ingot.toml:12")) << "its own db19_23";
  EXPECT_THAT(findings(fleet), Contains("error name-conflict sites/paris/ingot.toml:15")) << "the copies from london and oslo";
  const fleet::Fleet mended = check({london,
                                     {.name = "oslo", .entries = image("DB19_24")},
                                     {.name = "paris",
                                      .entries = peer("london") + peer("oslo") + rule("london", "all = true") +
                                                 rule("oslo", "all = true\nas = \"{peer}-{name}\"")}});
  EXPECT_THAT(codes(mended), IsEmpty());
}

TEST(check_fleet, the_same_declared_bits_do_not_collide) {
  const std::string digest = "digest = \"" + io::sha256("bits").text() + "\"";
  const fleet::Fleet fleet =
      check({{.name = "london", .entries = image("a", digest)},
             {.name = "paris", .entries = image("a", digest) + peer("london") + rule("london", "all = true")}});
  EXPECT_THAT(codes(fleet), IsEmpty());
}

TEST(check_fleet, finds_a_type_with_two_bases) {
  const std::string type = "[[imagetype]]\nname = \"DB_PSU\"\nbase = ";
  const fleet::Fleet fleet =
      check({{.name = "london", .entries = type + "\"ORACLEDBSOFTWARE\"\n" + image("a", "type = \"DB_PSU\"")},
             {.name = "paris", .entries = type + "\"LINUXOS\"\n" + peer("london") + rule("london", "all = true")}});
  EXPECT_THAT(findings(fleet), Contains("error type-conflict sites/paris/ingot.toml:6"));
}

TEST(check_fleet, R2_holds_across_sites) {
  const fleet::Fleet fleet = check({{.name = "london", .entries = "", .server = "clients = [\"Paris\", \"rack7\"]"},
                                    {.name = "paris", .entries = "", .server = "targets = [\"rack7\"]"}});
  EXPECT_THAT(findings(fleet), Contains("error name-in-use sites/london/ingot.toml:2"));
  EXPECT_THAT(findings(fleet), Contains("warning shared-name sites/paris/ingot.toml:2"));
}

TEST(check_fleet, finds_rules_that_can_never_match) {
  const fleet::Fleet fleet =
      check({london,
             {.name = "paris",
              .entries = peer("london") + rule("london", "series = \"db18\"") + rule("london", "imagetype = \"NONE\"") +
                         rule("london", "image = \"db18\"") + rule("london", "all = true\nexclude = [\"*\"]") +
                         rule("london", "imagetype = \"SOFTWARE\"\nwhere = { version = \"20*\" }")}});
  EXPECT_THAT(codes(fleet), ElementsAre("unknown-selector", "unknown-selector", "unknown-selector", "excluded", "where"));
  EXPECT_THAT(fleet.findings[1].mend, HasSubstr("did you mean \"db19\"?"));
}

TEST(check_fleet, R4_a_series_of_copies_brings_nothing_to_the_next) {
  const FleetSite paris{.name = "paris",
                        .entries = peer("london") + rule("london", "all = true") + series("ours", "\"db19_23\", \"db19_24\"") +
                                   image("mine") + series("mixed", "\"db19_24\", \"mine\"")};
  const fleet::Fleet fleet = check(
      {london,
       paris,
       {.name = "rome", .entries = peer("paris") + rule("paris", "series = \"ours\"") + rule("paris", "series = \"mixed\"")}});
  EXPECT_THAT(findings(fleet), Contains("error not-origin sites/rome/ingot.toml:9"));
  EXPECT_THAT(findings(fleet), Contains("warning not-origin sites/rome/ingot.toml:12"));
  EXPECT_THAT(flows(fleet), Contains("paris -> rome: series mixed: mine"));
  const auto found = std::find_if(fleet.findings.begin(), fleet.findings.end(),
                                  [](const fleet::FleetFinding& finding) { return finding.code == "not-origin"; });
  EXPECT_THAT(found->text, HasSubstr("\"db19_24\" of \"london\""));
}

TEST(check_fleet, finds_images_that_a_site_counts_on_and_never_gets) {
  const fleet::Fleet fleet =
      check({london,
             {.name = "paris",
              .entries = peer("london") + rule("london", "series = \"db19\"\nlatest = 1") +
                         series("mine", "\"db19_23\", \"db19_24\"") + image("c", "parent = \"db19_23\"")}});
  EXPECT_THAT(codes(fleet), ElementsAre("never-arrives", "never-arrives"));
  EXPECT_THAT(fleet.findings[0].text, HasSubstr("\"db19_23\""));
}

TEST(check_fleet, counts_a_copy_that_a_site_took_over_as_its_own_image) {
  const std::string adopted = "[[copy]]\npeer = \"lost\"\nname = \"db18_7\"\n";
  const auto paris = [&](const std::string& more) {
    return FleetSite{.name = "paris",
                     .entries = adopted + more + series("db18", "\"db18_7\"") + image("mine", "parent = \"db18_7\"")};
  };
  EXPECT_THAT(codes(check({london, paris("adopt = true\n")})), IsEmpty());
  const FleetSite rome{.name = "rome", .entries = peer("paris") + rule("paris", "series = \"db18\"")};
  const fleet::Fleet fleet = check({london, paris("adopt = true\n"), rome});
  EXPECT_THAT(flows(fleet), ElementsAre("paris -> rome: series db18: db18_7"));
  EXPECT_THAT(codes(fleet), IsEmpty());
}

TEST(check_fleet, finds_a_series_that_follows_nothing) {
  const fleet::Fleet fleet =
      check({london,
             {.name = "paris",
              .entries = peer("london") + rule("london", "imagetype = \"LINUXOS\"") +
                         "[[series]]\nname = \"db19\"\nfollow = { peer = \"london\", series = \"db19\" }\n"}});
  EXPECT_THAT(codes(fleet), ElementsAre("empty-series"));
}

TEST(check_fleet, finds_peers_for_nothing) {
  const fleet::Fleet fleet = check({{.name = "london", .entries = image("a")},
                                    {.name = "paris", .entries = peer("london") + rule("london", "all = true") + peer("oslo")}});
  EXPECT_THAT(findings(fleet),
              ElementsAre("note no-subscription sites/paris/ingot.toml:12", "note outside sites/paris/ingot.toml:12"));
}

TEST(check_fleet, is_quiet_of_six_healthy_sites) {
  std::vector<FleetSite> sites{london};  // london has registered paris, and copies nothing from it
  for (const char* name : {"paris", "oslo", "rome", "lima"})
    sites.push_back({.name = name,
                     .entries = image(std::string(name) + "-tools") + peer("london") +
                                rule("london", "series = \"db19\"\nsince = \"start\"") +
                                "[[series]]\nname = \"db19\"\nfollow = { peer = \"london\", series = \"db19\" }\n"});
  sites.push_back(
      {.name = "bern",
       .entries = image("web") + peer("london") + rule("london", "all = true") + peer("oslo") + rule("oslo", "all = true")});
  const fleet::Fleet fleet = check(sites);
  EXPECT_EQ(fleet.servers.size(), 6U);
  EXPECT_EQ(fleet.flows.size(), 6U);
  EXPECT_THAT(findings(fleet), IsEmpty());
}

TEST(check_fleet, finds_a_card_that_is_not_the_peers_own) {
  const fleet::Fleet fleet =
      check({london, {.name = "paris", .entries = peer("london", "old-london") + rule("london", "all = true")}});
  EXPECT_THAT(findings(fleet), Contains("error wrong-root sites/paris/ingot.toml:6"));
  EXPECT_TRUE(fleet.flows[0].images.empty()) << "nothing is promised of a server whose root is another";
}

TEST(check_fleet, finds_two_servers_with_one_name_or_one_root) {
  const fleet::Fleet names = check({{.name = "london", .entries = ""}, {.name = "london", .entries = "", .root = "another"}});
  EXPECT_THAT(findings(names), ElementsAre("warning same-name sites/london-2/ingot.toml:2"));
  EXPECT_EQ(names.servers[1].name, "london (sites/london-2/ingot.toml)");
  EXPECT_THAT(codes(check({{.name = "london", .entries = ""}, {.name = "paris", .entries = "", .root = "london"}})),
              ElementsAre("same-root"));
}

TEST(check_fleet, R1_a_peer_that_is_the_server_itself_counts_for_nothing) {
  const fleet::Fleet fleet = check({{.name = "london", .entries = image("a") + peer("london") + rule("london", "all = true")}});
  EXPECT_THAT(fleet.flows, IsEmpty());
  EXPECT_THAT(fleet.findings, IsEmpty());
}

TEST(check_fleet, R1_a_peer_outside_may_bear_this_servers_name) {
  const fleet::Fleet fleet = check({{.name = "london", .entries = peer("other", "old-london") + rule("other", "all = true")}});
  ASSERT_EQ(fleet.flows.size(), 1U);
  EXPECT_EQ(fleet.servers[fleet.flows[0].from].manifest, "");
  EXPECT_NE(fleet.servers[0].name, fleet.servers[1].name);
}

TEST(check_fleet, a_server_without_a_card_is_known_by_its_name) {
  FleetSite quiet = london;
  quiet.has_card = false;
  const fleet::Fleet fleet = check({quiet, {.name = "paris", .entries = peer("london") + rule("london", "all = true")}});
  EXPECT_THAT(flows(fleet), ElementsAre("london -> paris: all: db19_23 db19_24"));
  EXPECT_THAT(findings(fleet), Contains("note no-card sites/london/ingot.toml:2"));
}

TEST(check_fleet, of_a_peer_outside_nothing_is_claimed) {
  const fleet::Fleet fleet =
      check({{.name = "paris", .entries = peer("rome") + rule("rome", "series = \"x\"") + series("mine", "\"may-come\"")}});
  EXPECT_THAT(codes(fleet), IsEmpty());
  EXPECT_THAT(flows(fleet), ElementsAre("rome -> paris: series x:"));
}

TEST(check_fleet, two_servers_that_take_all_of_each_other_come_to_rest) {
  const fleet::Fleet fleet = check({{.name = "london", .entries = image("a") + peer("paris") + rule("paris", "all = true")},
                                    {.name = "paris", .entries = image("b") + peer("london") + rule("london", "all = true")}});
  EXPECT_THAT(flows(fleet), ElementsAre("paris -> london: all: b", "london -> paris: all: a"));
  EXPECT_THAT(fleet.findings, IsEmpty());
}

TEST(check_fleet, of_no_manifest_is_nothing) { EXPECT_THAT(fleet::check_fleet({}).servers, IsEmpty()); }

}  // namespace
}  // namespace ingot::check_fleet_test
