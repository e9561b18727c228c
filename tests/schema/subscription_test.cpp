#include "schema/manifest/subscription.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace ingot::subscription_test {
namespace {

TEST(subscription, a_selector_is_shown_as_its_kind_and_its_value) {
  EXPECT_EQ(selector_text(SelectAll{}), "all");
  EXPECT_EQ(selector_text(SelectImage{ImageName::of("a.b")}), "image a.b");
  EXPECT_EQ(selector_text("series", "db19"), "series db19");
}

TEST(subscription, options_have_one_text_whatever_the_order_they_are_written_in) {
  SubscriptionOptions one;
  one.states = {ImageState::testable, ImageState::published};
  one.exclude = {"b", "a"};
  SubscriptionOptions other;
  other.states = {ImageState::published, ImageState::testable};
  other.exclude = {"a", "b"};
  EXPECT_EQ(options_text(one), options_text(other));
}

TEST(subscription, every_option_changes_the_text) {
  const SubscriptionOptions plain;
  std::vector<SubscriptionOptions> changed(10, plain);
  changed[0].since = SinceStart{};
  changed[1].since = SinceSerial{0};
  changed[2].states = {ImageState::testable};
  changed[3].exclude = {"x"};
  changed[4].where.labels = {{"team", "*"}};
  changed[5].latest = 1;
  changed[6].as = "x-{name}";
  changed[7].arrive.state = std::nullopt;
  changed[8].priority = 1;
  changed[9].prune = Seconds(0);
  std::vector<std::string> texts{options_text(plain)};
  for (const auto& options : changed) texts.push_back(options_text(options));
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(std::adjacent_find(texts.begin(), texts.end()), texts.end());
  EXPECT_EQ(options_text_without_since(plain), options_text_without_since(changed[0]));
}

TEST(subscription, texts_that_hold_the_separators_stay_apart) {
  SubscriptionOptions one;
  one.exclude = {"a\",\"b"};
  SubscriptionOptions other;
  other.exclude = {"a", "b"};
  EXPECT_NE(options_text(one), options_text(other));
}

TEST(subscription, options_are_read_back_from_their_text) {
  SubscriptionOptions all;
  all.since = SinceSerial{17};
  all.states = {ImageState::published, ImageState::testable};
  all.exclude = {"]", "a\",\"b", "c\\"};
  all.where = {.platform = "linux-*", .version = "19 x\"", .labels = {{"team", "a=b"}, {"z", ""}}};
  all.latest = 3;
  all.as = "{peer}-{name}";
  all.arrive.state = ImageState::testable;
  all.priority = -7;
  all.prune = Seconds(86'400 * 30);
  SubscriptionOptions follows;
  follows.since = SinceStart{};
  follows.arrive.state = std::nullopt;
  for (const auto& options : {SubscriptionOptions{}, all, follows})
    EXPECT_EQ(parse_options(since_text(options.since), options_text_without_since(options)), options);
}

TEST(subscription, a_text_that_is_of_no_options_is_not_read) {
  const std::string good = options_text_without_since({});
  EXPECT_TRUE(parse_options("now", good));
  for (const std::string& bad :
       {std::string(), good + " more=1", good + " ", " " + good, good.substr(1), good + " latest=x", good + " priority=0",
        std::string("states=["), std::string("states=[\"a"), std::string("states=[\"\\")})
    EXPECT_EQ(parse_options("now", bad), std::nullopt) << bad;
  EXPECT_EQ(parse_options("soon", good), std::nullopt);
  EXPECT_EQ(parse_options("017", good), std::nullopt);
}

TEST(subscription, names_on_the_peer_are_found_by_the_template) {
  const ServerName peer = ServerName::of("fpps-2");
  const auto on_peer = [&](const std::string& as, const char* here) {
    const auto name = name_on_peer(as, peer, ImageName::of(here));
    return name ? name->text() : "";
  };
  EXPECT_EQ(on_peer("", "db19"), "db19");
  EXPECT_EQ(on_peer("{peer}-{name}", "fpps-2-db19"), "db19");
  EXPECT_EQ(on_peer("{peer}-{name}", "fpps-3-db19"), "");
  EXPECT_EQ(on_peer("x-{name}-y", "x--y"), "");
  EXPECT_EQ(on_peer("{name}.{name}", "db.db"), "db");
  EXPECT_EQ(on_peer("{name}.{name}", "db.dc"), "");
  EXPECT_EQ(on_peer("fixed", "fixed"), "");
}

TEST(subscription, selectors_are_read_back_from_their_words) {
  for (const Selector& selector : std::vector<Selector>{SelectAll{}, SelectImage{ImageName::of("x")},
                                                        SelectSeries{SeriesName::of("s")}, SelectType{TypeName::of("T")}}) {
    EXPECT_EQ(parse_selector(kind_of(selector), value_of(selector)), selector);
  }
  EXPECT_EQ(parse_selector("all", "x"), std::nullopt);
  EXPECT_EQ(parse_selector("image", "../x"), std::nullopt);
  EXPECT_EQ(parse_selector("everything", ""), std::nullopt);
}

TEST(subscription, names_copies_by_the_template) {
  const ServerName peer = ServerName::of("fpps-2");
  EXPECT_EQ(name_here("", peer, ImageName::of("db19"))->text(), "db19");
  EXPECT_EQ(name_here("{peer}-{name}", peer, ImageName::of("db19"))->text(), "fpps-2-db19");
  EXPECT_EQ(name_here("{name}.{name}", peer, ImageName::of("db19"))->text(), "db19.db19");
  EXPECT_EQ(name_here("{peer}-{name}", peer, ImageName::of(std::string(longest_name, 'x'))), std::nullopt);
}

}  // namespace
}  // namespace ingot::subscription_test
