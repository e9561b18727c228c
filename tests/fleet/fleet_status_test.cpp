#include "reconciler/fleet/fleet_status.hpp"

#include <gmock/gmock.h>

#include "reconciler/fleet/fleet_report.hpp"
#include "tests/support/catalog_builder.hpp"

namespace ingot::fleet_status_test {
namespace {

using namespace testing_support;
using testing::ElementsAre;

const ServerId london = server_id("london"), paris = server_id("paris"), oslo = server_id("oslo");

fleet::FleetWord word(const std::string& name, Catalog catalog, Code trouble = Code::none) {
  return {.name = name,
          .id = server_id(name),
          .trouble = trouble,
          .why = "",
          .head = std::nullopt,
          .catalog = std::make_shared<const Catalog>(std::move(catalog))};
}

/// What london made: a, b and c in the series s, d in none.
Catalog made_in_london() {
  Catalog catalog;
  for (const char* name : {"a", "b", "c", "d"}) catalog.images.push_back(own_image(london, name, 1));
  SeriesEntry series{.name = SeriesName::of("s"), .created = 1, .members = {}};
  for (const char* name : {"a", "b", "c"}) series.members.push_back({{london, ImageName::of(name), 1}, 1});
  catalog.series = {series};
  return catalog;
}

Catalog copies(const std::vector<std::string>& names) {
  Catalog catalog;
  for (const auto& name : names) catalog.images.push_back(copied_image(london, name, 1, 5));
  return catalog;
}

/// "a: origin present", of each image.
std::vector<std::string> shown(const std::vector<fleet::FleetImage>& images) {
  std::vector<std::string> lines;
  for (const auto& image : images) {
    std::string line = image.identity.name.text() + ":";
    for (const auto& held : image.holdings)
      line += " " + std::string(held.holding ? text_of(*held.holding) : "unknown") + (held.is_certain ? "" : "?") +
              (held.misses_withdrawal ? "!" : "");
    lines.push_back(line);
  }
  return lines;
}

TEST(fleet_status, lays_every_image_beside_every_server) {
  const std::vector words{word("london", made_in_london()), word("paris", copies({"a", "b", "c", "d"}))};
  const auto images = fleet::fleet_status(words, {});
  EXPECT_THAT(shown(images), ElementsAre("a: origin present", "b: origin present", "c: origin present", "d: origin present"));
  EXPECT_EQ(images[0].series, (std::vector{SeriesName::of("s")}));
  EXPECT_EQ(exit_code_of(words, images), 0);
}

TEST(fleet_status, a_server_with_an_older_member_of_the_series_waits_for_the_newer) {
  const std::vector words{word("london", made_in_london()), word("paris", copies({"b"})), word("oslo", {})};
  const auto images = fleet::fleet_status(words, {});
  EXPECT_THAT(shown(images), ElementsAre("a: origin absent absent", "b: origin present absent", "c: origin waiting absent",
                                         "d: origin absent absent"));
  EXPECT_EQ(exit_code_of(words, images), 2);
}

TEST(fleet_status, of_one_image_or_series_alone) {
  const std::vector words{word("london", made_in_london()), word("paris", copies({"c"}))};
  EXPECT_THAT(shown(fleet::fleet_status(words, {.image = "d", .series = ""})), ElementsAre("d: origin absent"));
  EXPECT_THAT(shown(fleet::fleet_status(words, {.image = "", .series = "s"})),
              ElementsAre("a: origin absent", "b: origin absent", "c: origin present"));
  EXPECT_TRUE(fleet::fleet_status(words, {.image = "e", .series = ""}).empty());
  EXPECT_TRUE(fleet::fleet_status(words, {.image = "", .series = "t"}).empty());
}

TEST(fleet_status, a_withdrawal_by_an_origin_that_is_gone_counts_for_the_server_that_took_the_image_over) {
  Catalog made, copied;
  made.images = {own_image(paris, "db", 4), own_image(paris, "fine", 4)};
  copied.images = {copied_image(oslo, "db", 4, 5), copied_image(oslo, "fine", 4, 5)};
  copied.images.front().states.push_back({.state = ImageState::withdrawn, .since = 9});
  const std::vector words{word("paris", std::move(made)), word("london", std::move(copied))};
  const auto images = fleet::fleet_status(words, {});
  EXPECT_THAT(shown(images), testing::Contains(testing::StartsWith("db: origin! ")));
  EXPECT_THAT(shown(images), testing::Contains(testing::StartsWith("fine: origin ")));
  EXPECT_EQ(exit_code_of(words, images), 2);
}

TEST(fleet_status, a_withdrawal_by_a_living_server_that_made_the_same_image_is_none_of_an_origin_that_is_gone) {
  Catalog made;
  made.images = {own_image(paris, "db", 4)};
  Catalog withdrawn;
  withdrawn.images = {own_image(london, "db", 4)};
  withdrawn.images.front().states.push_back({.state = ImageState::withdrawn, .since = 9});
  ASSERT_EQ(made.images.front().digest, withdrawn.images.front().digest);
  const std::vector words{word("paris", std::move(made)), word("london", std::move(withdrawn))};
  EXPECT_THAT(shown(fleet::fleet_status(words, {})), testing::Contains("db: origin withdrawn"));
}

TEST(fleet_status, a_copy_is_found_by_the_name_that_it_has_there) {
  Catalog renamed = copies({"d"});
  renamed.images[0].name = ImageName::of("london-d");
  const std::vector words{word("london", made_in_london()), word("paris", renamed)};
  EXPECT_THAT(shown(fleet::fleet_status(words, {.image = "london-d", .series = ""})), ElementsAre("d: origin present"));
}

TEST(fleet_status, other_bits_under_the_same_identity_are_seen) {
  Catalog forged = copies({"d"});
  forged.images[0].digest = io::sha256("other bits");
  const std::vector words{word("london", made_in_london()), word("paris", forged)};
  const auto images = fleet::fleet_status(words, {.image = "d", .series = ""});
  EXPECT_THAT(shown(images), ElementsAre("d: origin differs"));
  EXPECT_EQ(exit_code_of(words, images), 4);
}

TEST(fleet_status, a_withdrawal_that_did_not_arrive_is_seen) {
  Catalog made = made_in_london();
  made.images[2].states.push_back({ImageState::withdrawn, 9});
  const std::vector late{word("london", made), word("paris", copies({"a", "b", "c"}))};
  EXPECT_THAT(shown(fleet::fleet_status(late, {.image = "c", .series = ""})), ElementsAre("c: withdrawn present!"));
  EXPECT_EQ(exit_code_of(late, fleet::fleet_status(late, {})), 2);
  Catalog taken = copies({"a", "b", "c"});
  taken.images[2].states.push_back({ImageState::withdrawn, 9});
  const std::vector in_time{word("london", made), word("paris", taken)};
  EXPECT_THAT(shown(fleet::fleet_status(in_time, {.image = "c", .series = ""})), ElementsAre("c: withdrawn withdrawn"));
  EXPECT_EQ(exit_code_of(in_time, fleet::fleet_status(in_time, {})), 0);
  const std::vector never{word("london", made), word("paris", copies({"a", "b"}))};
  EXPECT_THAT(shown(fleet::fleet_status(never, {.image = "c", .series = ""})), ElementsAre("c: withdrawn absent"))
      << "nobody waits for a withdrawn image";
}

TEST(fleet_status, absent_is_not_unknown) {
  fleet::FleetWord silent = word("oslo", {}, Code::unreachable);
  silent.catalog = nullptr;
  const std::vector words{word("london", made_in_london()), word("paris", copies({"a", "d"}), Code::expired), silent};
  const auto images = fleet::fleet_status(words, {});
  EXPECT_THAT(shown(images), ElementsAre("a: origin present? unknown?", "b: origin waiting? unknown?",
                                         "c: origin waiting? unknown?", "d: origin present? unknown?"));
  EXPECT_EQ(exit_code_of(words, images), 3) << "what an unknown server lacks is not known";
  const std::vector untrusted{word("london", made_in_london(), Code::untrusted)};
  EXPECT_EQ(exit_code_of(untrusted, {}), 4);
}

TEST(fleet_status, a_copy_whose_origin_is_not_asked_is_shown_all_the_same) {
  const std::vector words{word("paris", copies({"a"}))};
  const auto images = fleet::fleet_status(words, {});
  EXPECT_THAT(shown(images), ElementsAre("a: present"));
  EXPECT_FALSE(images[0].digest);
  EXPECT_EQ(images[0].origin, "fpps-2") << "as it calls itself";
}

/// london is lost, and paris has taken over its "a": oslo has the copy still, and paris is where it comes from now.
TEST(fleet_status, a_copy_of_an_image_that_another_server_took_over_is_that_servers) {
  Catalog taken_over;
  taken_over.images = {own_image(paris, "a", 7), own_image(paris, "b", 8)};
  taken_over.images[0].digest = own_image(london, "a", 1).digest;
  SeriesEntry series{.name = SeriesName::of("s"), .created = 7, .members = {}};
  for (const auto& image : taken_over.images) series.members.push_back({image.identity, 8});
  taken_over.series = {series};
  Catalog held = copies({"a"});
  held.series = {{.name = SeriesName::of("s"), .created = 1, .members = {{held.images[0].identity, 1}}}};
  const std::vector words{word("paris", taken_over), word("oslo", held)};
  for (const char* asked : {"", "s"}) {
    const auto images = fleet::fleet_status(words, {.image = "", .series = asked});
    EXPECT_THAT(shown(images), ElementsAre("a: origin present", "b: origin waiting"));
    EXPECT_EQ(images[0].origin, "paris");
  }
  EXPECT_THAT(shown(fleet::fleet_status(words, {.image = "a", .series = ""})), ElementsAre("a: origin present"));
  const auto standing = fleet::fleet_report(words, {}).series.at(0).standings.at(1);
  EXPECT_EQ(standing.has, ImageName::of("a"));
  EXPECT_EQ(standing.behind, 1U);
}

TEST(fleet_status, a_copy_with_another_name_of_an_image_that_was_taken_over_is_found) {
  Catalog taken_over, renamed = copies({"a"});
  taken_over.images = {own_image(paris, "a", 7)};
  taken_over.images[0].digest = renamed.images[0].digest;
  renamed.images[0].name = ImageName::of("london-a");
  const std::vector words{word("paris", taken_over), word("oslo", renamed)};
  EXPECT_THAT(shown(fleet::fleet_status(words, {})), ElementsAre("a: origin present"));
}

TEST(fleet_status, other_bytes_of_that_name_are_another_image) {
  Catalog other;
  other.images = {own_image(paris, "a", 7)};
  const std::vector words{word("paris", other), word("oslo", copies({"a"}))};
  EXPECT_THAT(shown(fleet::fleet_status(words, {})), ElementsAre("a: absent present", "a: origin absent"));
}

TEST(fleet_report, a_server_is_behind_since_the_first_newer_image_was_in_the_series_and_published) {
  const Time start{};
  const fleet::HeadTimes heads{{1, start}, {6, start + Seconds(60)}, {8, start + Seconds(80)}, {9, start + Seconds(90)}};
  const auto since = [&](Serial b_published, Serial c_added) {
    Catalog made = made_in_london();
    made.images[1].states = {{ImageState::testable, 1}, {ImageState::published, b_published}};
    made.series[0].members[2].added = c_added;
    const std::vector words{word("london", made), word("paris", copies({"a"}))};
    const auto report = fleet::fleet_report(words, {heads, {}});
    return report.series.at(0).standings.at(1).since;
  };
  EXPECT_EQ(since(6, 8), (fleet::SerialTime{start + Seconds(60), true})) << "b was in the series long before it was published";
  EXPECT_EQ(since(9, 8), (fleet::SerialTime{start + Seconds(80), true})) << "c is the newer one that was published first";
}

fleet::SeriesStanding standing_in(const Catalog& made, const Catalog& held) {
  return fleet::fleet_report({word("london", made), word("paris", held)}, {}).series.at(0).standings.at(1);
}

TEST(fleet_report, a_server_with_only_withdrawn_images_of_a_series_follows_it) {
  Catalog made = made_in_london();
  made.images[0].states.push_back({ImageState::withdrawn, 9});
  const auto standing = standing_in(made, copies({"a"}));
  EXPECT_EQ(standing.standing, fleet::Standing::behind);
  EXPECT_EQ(standing.behind, 2U);
  EXPECT_EQ(standing.has, ImageName::of("a"));
  made.images[1].states.push_back({ImageState::withdrawn, 9});
  EXPECT_EQ(standing_in(made, copies({"a"})).behind, 1U) << "only published ones are missing";
  made.images[2].states.push_back({ImageState::withdrawn, 9});
  EXPECT_TRUE(fleet::fleet_report({word("london", made), word("paris", copies({"a"}))}, {}).series.empty());
}

TEST(fleet_report, an_image_that_its_origin_does_not_list_any_more_counts_as_held) {
  Catalog made = made_in_london();
  made.images.erase(made.images.begin());
  EXPECT_EQ(standing_in(made, copies({"a"})).behind, 2U);
}

TEST(fleet_report, other_bytes_are_not_the_image) {
  Catalog forged = copies({"a", "c"});
  forged.images[1].digest = io::sha256("other bits");
  const auto standing = standing_in(made_in_london(), forged);
  EXPECT_EQ(standing.standing, fleet::Standing::behind);
  EXPECT_EQ(standing.has, ImageName::of("a"));
  EXPECT_EQ(standing.behind, 2U);
  forged.images.erase(forged.images.begin());
  EXPECT_EQ(standing_in(made_in_london(), forged).standing, fleet::Standing::none);
}

TEST(fleet_report, only_servers_that_answered_count_as_behind) {
  const std::vector words{word("london", made_in_london()), word("paris", copies({"a"}), Code::unreachable),
                          word("oslo", copies({"b"}))};
  const auto report = fleet::fleet_report(words, {});
  EXPECT_EQ(report.series.at(0).affected, 1U);
  EXPECT_EQ(report.series.at(0).maybe_affected, 1U);
  EXPECT_EQ(report.servers_behind, 1U);
}

TEST(fleet_report, equal_content_counts_once_among_the_copies_too) {
  Catalog made = made_in_london();
  made.images[1].digest = made.images[0].digest;
  Catalog held = copies({"a", "b"});
  held.images[1].digest = held.images[0].digest = made.images[0].digest;
  const auto report = fleet::fleet_report({word("london", made), word("paris", held)}, {});
  EXPECT_EQ(report.copies.at(0).images, 2U);
  EXPECT_EQ(report.copies.at(0).bytes, made.images[0].packed->file.length);
  EXPECT_EQ(report.copies.at(0).bytes, report.totals.at(1).bytes);
}

}  // namespace
}  // namespace ingot::fleet_status_test
