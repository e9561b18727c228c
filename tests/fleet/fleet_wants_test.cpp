// Which server wants which image, by the states that servers publish.
#include "reconciler/fleet/fleet_wants.hpp"

#include <gmock/gmock.h>

#include "reconciler/fleet/fleet_report.hpp"
#include "tests/schema/map_files.hpp"
#include "tests/support/catalog_builder.hpp"

namespace ingot::fleet_wants_test {
namespace {

using namespace testing_support;
using testing::ElementsAre;

const ServerId london = server_id("london"), oslo = server_id("oslo");

fleet::FleetWord word(const std::string& name, Catalog catalog) {
  return {.name = name,
          .id = server_id(name),
          .trouble = Code::none,
          .why = "",
          .head = std::nullopt,
          .catalog = std::make_shared<const Catalog>(std::move(catalog))};
}

/// a, b and c in the series s, d in none.
Catalog made_in_london() {
  Catalog catalog;
  Serial serial = 1;
  SeriesEntry series{.name = SeriesName::of("s"), .created = 1, .members = {}};
  for (const char* name : {"a", "b", "c", "d"}) {
    catalog.images.push_back(own_image(london, name, serial));
    if (*name != 'd') series.members.push_back({catalog.images.back().identity, serial});
    ++serial;
  }
  catalog.series = {series};
  return catalog;
}

Catalog copies(const std::vector<std::string>& names) {
  const Catalog made = made_in_london();
  Catalog catalog;
  for (const auto& name : names) {
    for (const auto& image : made.images) {
      if (image.name.text() != name) continue;
      catalog.images.push_back(copied_image(london, name, image.identity.created, 5));
    }
  }
  return catalog;
}

StatedSubscription subscription(Selector selector, const SubscriptionOptions& options = {}, Serial baseline = 0) {
  return {.peer = london,
          .peer_name = ServerName::of("london"),
          .selector = selector,
          .baseline = baseline,
          .since = since_text(options.since),
          .options = options_text_without_since(options),
          .rule = subscription_address(ServerName::of("london"), selector).text,
          .stopped = {}};
}

fleet::FleetWord stating(fleet::FleetWord server, std::vector<StatedSubscription> subscriptions) {
  Stated stated;
  stated.subscriptions = std::move(subscriptions);
  server.stated = std::make_shared<const Stated>(std::move(stated));
  return server;
}

const Selector series_s = SelectSeries{SeriesName::of("s")};

/// "a: present yes", of the second server; "?" where nobody knows.
std::vector<std::string> wants(const std::vector<fleet::FleetWord>& words, const std::vector<fleet::FleetMember>& members = {}) {
  std::vector<std::string> lines;
  for (const auto& image : fleet::fleet_status(words, {}, members)) {
    const auto& held = image.holdings.at(1);
    const char* const wanted = held.want.wanted == fleet::Wanted::yes  ? "yes"
                               : held.want.wanted == fleet::Wanted::no ? "no"
                                                                       : "?";
    lines.push_back(image.identity.name.text() + ": " + std::string(held.holding ? text_of(*held.holding) : "unknown") + " " +
                    wanted);
    if (held.want.code != Code::none) lines.back() += " " + std::string(text_of(held.want.code));
  }
  return lines;
}

int exit_of(const std::vector<fleet::FleetWord>& words, const std::vector<fleet::FleetMember>& members = {}) {
  return exit_code_of(words, fleet::fleet_status(words, {}, members));
}

TEST(fleet_wants, an_image_that_a_rule_wants_and_that_is_not_here_is_missing) {
  const std::vector words{word("london", made_in_london()), stating(word("paris", copies({"a"})), {subscription(SelectAll{})})};
  EXPECT_THAT(wants(words), ElementsAre("a: present yes", "b: waiting yes", "c: waiting yes", "d: waiting yes"));
  EXPECT_EQ(exit_of(words), 2);
  const auto images = fleet::fleet_status(words, {});
  ASSERT_TRUE(images[1].holdings[1].want.rule);
  EXPECT_EQ(images[1].holdings[1].want.rule->address, subscription_address(ServerName::of("london"), SelectAll{}).text);
  EXPECT_EQ(images[1].holdings[1].want.rule->at, "") << "no manifest was given";
  EXPECT_TRUE(images[1].holdings[1].is_lacking());
  EXPECT_EQ(images[0].holdings[0].want.wanted, fleet::Wanted::unknown) << "london does not publish its state";
}

TEST(fleet_wants, an_older_member_of_the_series_is_no_reason_if_the_state_says_that_the_newer_is_not_wanted) {
  SubscriptionOptions options;
  options.exclude = {"c"};
  const std::vector words{word("london", made_in_london()),
                          stating(word("paris", copies({"b"})), {subscription(series_s, options, 1)})};
  EXPECT_THAT(wants(words),
              ElementsAre("a: absent no before-baseline", "b: present yes", "c: absent no excluded", "d: absent no"));
  EXPECT_EQ(exit_of(words), 0);
}

TEST(fleet_wants, a_copy_that_is_here_stays_wanted_before_the_baseline_and_one_without_a_rule_is_not) {
  const std::vector words{word("london", made_in_london()),
                          stating(word("paris", copies({"a", "d"})), {subscription(series_s, {}, 9)})};
  EXPECT_THAT(wants(words),
              ElementsAre("a: present yes", "b: absent no before-baseline", "c: absent no before-baseline", "d: present no"));
}

TEST(fleet_wants, a_report_counts_what_a_server_wants_and_lacks) {
  const auto standing = [](const std::vector<std::string>& held, const SubscriptionOptions& options) {
    const std::vector words{word("london", made_in_london()),
                            stating(word("paris", copies(held)), {subscription(series_s, options)})};
    return fleet::fleet_report(words, {}).series.at(0).standings.at(1);
  };
  SubscriptionOptions not_c;
  not_c.exclude = {"c"};
  EXPECT_EQ(standing({"b"}, not_c).standing, fleet::Standing::current) << "it does not want c";
  EXPECT_EQ(standing({"a"}, not_c).behind, 1U);
  const auto empty = standing({}, {});
  EXPECT_EQ(empty.standing, fleet::Standing::behind) << "it wants all and has none";
  EXPECT_EQ(empty.behind, 3U);
  EXPECT_EQ(empty.has, std::nullopt);
  not_c.exclude = {"a", "b", "c"};
  EXPECT_EQ(standing({}, not_c).standing, fleet::Standing::none);
}

TEST(fleet_wants, a_stopped_subscription_wants_nothing) {
  StatedSubscription stopped = subscription(SelectAll{});
  stopped.stopped = 4;
  const std::vector words{word("london", made_in_london()), stating(word("paris", copies({"a"})), {stopped})};
  EXPECT_THAT(wants(words), ElementsAre("a: present no", "b: absent no", "c: absent no", "d: absent no"));
  EXPECT_EQ(exit_of(words), 0);
}

TEST(fleet_wants, of_an_origin_without_a_card_nobody_knows_but_what_the_server_says_of_its_copies) {
  Stated stated;
  stated.subscriptions = {subscription(SelectAll{})};
  StatedImage said{.name = ImageName::of("a"), .managed = false};
  said.rule = "subscription.london.all";
  stated.images = {said};
  fleet::FleetWord paris = word("paris", copies({"a", "b"}));
  paris.stated = std::make_shared<const Stated>(stated);
  const std::vector words{word("oslo", {}), paris};
  EXPECT_THAT(wants(words), ElementsAre("a: present yes", "b: present ?"));
}

TEST(fleet_wants, options_that_this_version_cannot_read_say_nothing) {
  StatedSubscription newer = subscription(SelectAll{});
  newer.options += " shiny=1";
  const std::vector words{word("london", made_in_london()), stating(word("paris", copies({"a"})), {newer})};
  EXPECT_THAT(wants(words), ElementsAre("a: present ?", "b: waiting ?", "c: waiting ?", "d: absent ?"));
}

TEST(fleet_wants, a_manifest_says_where_the_rule_is_and_which_image_copy_keeps_out) {
  const Card card{ServerName::of("paris"), "https://paris.example.net/", server_id("paris")};
  test::FileMap files{{"sites/paris/london.card",
                       "card = 1\nname = \"london\"\nurl = \"https://london.example.net/\"\nroot = \"" + london.text() + "\"\n"},
                      {"sites/paris/ingot.toml",
                       "manifest = 1\n[server]\nname = \"paris\"\nurl = \"https://paris.example.net/\"\n[[peer]]\nname = "
                       "\"london\"\ncard = \"london.card\"\n[[subscription]]\npeer = \"london\"\nseries = \"s\"\n[[copy]]\npeer "
                       "= \"london\"\nname = \"b\"\nkeep = false\n"}};
  auto parsed = parse_manifest("sites/paris/ingot.toml", test::map_files(files));
  ASSERT_TRUE(std::holds_alternative<Manifest>(parsed));
  const std::vector<fleet::FleetMember> members{{std::get<Manifest>(std::move(parsed)), card}};
  const std::vector words{word("london", made_in_london()), stating(word("paris", copies({"a", "c"})), {subscription(series_s)})};
  EXPECT_THAT(wants(words), ElementsAre("a: present yes", "b: waiting yes", "c: present yes", "d: absent no"));
  EXPECT_THAT(wants(words, members), ElementsAre("a: present yes", "b: absent no not-kept", "c: present yes", "d: absent no"));
  EXPECT_EQ(exit_of(words, members), 0);
  EXPECT_EQ(fleet::fleet_status(words, {}, members)[0].holdings[1].want.rule->at, "sites/paris/ingot.toml:8");
}

}  // namespace
}  // namespace ingot::fleet_wants_test
