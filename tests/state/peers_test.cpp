// Registrations, subscriptions, types, and what makes a peer settled.
#include "schema/error.hpp"
#include "tests/state/state_fixture.hpp"

namespace ingot::peers_test {
namespace {

const ServerId one = server_id(2);
const ServerId two = server_id(3);

class peers : public StateTest {
 protected:
  /// Whether the effects change the revision of `one` and of `two`.
  std::pair<bool, bool> touched(const state::Effects& effects) {
    const auto before = std::pair(state.revision_of(one), state.revision_of(two));
    record(effects);
    EXPECT_GE(state.revision_of(one), before.first);
    EXPECT_GE(state.revision_of(two), before.second);
    return {state.revision_of(one) > before.first, state.revision_of(two) > before.second};
  }
};

constexpr std::pair only_one{true, false};
constexpr std::pair both{true, true};
constexpr std::pair neither{false, false};

TEST_F(peers, keeps_registrations_sorted_by_name) {
  const auto b = registration(one, "b");
  const auto a = registration(two, "a");
  record({state::PutRegistration{b, {}}, state::PutRegistration{a, {}}});
  EXPECT_EQ(state.registrations(), (std::vector<state::Registration>{a, b}));
  EXPECT_EQ(state.snapshot().registrations, (std::vector<state::Registration>{a, b}));
}

TEST_F(peers, R5_another_name_keeps_subscriptions_and_copies) {
  record({state::PutRegistration{registration(one, "old"), {}},
          state::PutSubscription{subscription(one, SelectAll{}, "subscription.there.all")}, put(copy_row(one, "a", 1))});
  record({state::PutRegistration{registration(one, "new"), {}}});
  const auto snapshot = state.snapshot();
  ASSERT_EQ(snapshot.registrations.size(), 1U);
  EXPECT_EQ(snapshot.registrations[0].name, ServerName::of("new"));
  EXPECT_EQ(snapshot.subscriptions[0].baseline, 4U);
  EXPECT_EQ(snapshot.subscriptions[0].copies, 1U);
  EXPECT_EQ(snapshot.subscriptions[0].peer_name, ServerName::of("new"));
  EXPECT_EQ(snapshot.subscriptions[0].rule, "subscription.new.all");
}

TEST_F(peers, R5_a_replaced_identity_loses_its_subscriptions_and_keeps_its_copies) {
  record({state::PutRegistration{registration(one, "p"), {}},
          state::PutSubscription{subscription(one, SelectAll{}, "subscription.there.all")}, put(copy_row(one, "a", 1))});
  record({state::PutRegistration{registration(two, "p"), one}});
  const auto snapshot = state.snapshot();
  ASSERT_EQ(snapshot.registrations.size(), 1U);
  EXPECT_EQ(snapshot.registrations[0].id, two);
  EXPECT_TRUE(snapshot.subscriptions.empty());
  EXPECT_EQ(snapshot.images.size(), 1U);
  record({state::DropImage{snapshot.images[0].key}});
}

TEST_F(peers, a_newer_head_is_remembered_and_settles_nothing_anew) {
  record({state::PutRegistration{registration(one, "p"), {}}});
  const auto generation = state.generation();
  EXPECT_EQ(touched({state::SeenPeer{one, 9, digest_of("head 9"), at(50)}}), neither);
  EXPECT_EQ(state.registrations()[0].serial, 9U);
  EXPECT_EQ(state.registrations()[0].head, digest_of("head 9"));
  EXPECT_EQ(state.registrations()[0].seen, at(50));
  EXPECT_EQ(state.generation(), generation + 1);
  record({state::SeenPeer{one, 9, digest_of("head 9"), at(60)}, state::SeenPeer{two, 1, digest_of("x"), at(60)}});
  EXPECT_EQ(state.registrations()[0].seen, at(60));
  EXPECT_EQ(state.generation(), generation + 1);
}

TEST_F(peers, R11_a_stopped_subscription_is_remembered_until_it_starts_again) {
  const auto row = subscription(one, SelectSeries{SeriesName::of("s")}, "subscription.there.series.s");
  record({state::PutSubscription{row}, state::StopSubscription{one, row.selector, 12}});
  EXPECT_EQ(state.snapshot().subscriptions[0].stopped, 12U);
  record({state::PutSubscription{row}});
  EXPECT_EQ(state.snapshot().subscriptions, (std::vector<state::SubscriptionRow>{row}));
  EXPECT_THROW(record({state::StopSubscription{two, row.selector, 1}}), Error);
}

TEST_F(peers, sorts_subscriptions_by_peer_and_selector) {
  record({state::PutSubscription{subscription(two, SelectAll{}, "r1")},
          state::PutSubscription{subscription(one, SelectType{TypeName::of("A")}, "r2")},
          state::PutSubscription{subscription(one, SelectImage{ImageName::of("z")}, "r3")},
          state::PutSubscription{subscription(one, SelectAll{}, "r4")}});
  std::vector<std::string> rules;
  for (const auto& row : state.snapshot().subscriptions) rules.push_back(row.rule);
  EXPECT_EQ(rules, (std::vector<std::string>{"r4", "r3", "r2", "r1"}));
}

TEST_F(peers, counts_the_live_copies_that_a_subscription_brought) {
  record({state::PutSubscription{subscription(one, SelectAll{}, "subscription.there.all")}});
  const auto a = add(copy_row(one, "a", 1));
  add(copy_row(one, "b", 1));
  auto other = copy_row(one, "c", 1);
  other.rule = "copy.there.c";
  add(other);
  EXPECT_EQ(state.snapshot().subscriptions[0].copies, 2U);
  record({state::DropImage{a}});
  EXPECT_EQ(state.snapshot().subscriptions[0].copies, 1U);
}

TEST_F(peers, keeps_types_and_counts_their_images) {
  const auto name = TypeName::of("DB_PSU");
  record({state::PutType{name, TypeName::of("LINUXOS"), true}});
  auto row = own_row("a");
  row.type = name;
  row.key = add(row);
  EXPECT_EQ(state.snapshot().types, (std::vector<state::TypeRow>{{name, TypeName::of("LINUXOS"), true, 1}}));
  EXPECT_THROW(record({state::DropType{name}}), Error);
  record({state::DropImage{row.key}, state::DropType{name}});
  EXPECT_TRUE(state.snapshot().types.empty());
  EXPECT_THROW(record({state::PutType{TypeName::of("LINUXOS"), TypeName::of("SOFTWARE"), true}}), Error);
}

TEST_F(peers, a_peer_is_unsettled_by_what_concerns_it_alone) {
  EXPECT_EQ(touched({state::PutRegistration{registration(one, "p"), {}}}), only_one);
  EXPECT_EQ(touched({state::PutSubscription{subscription(one, SelectAll{}, "r")}}), only_one);
  auto row = copy_row(one, "a", 1);
  row.key = add(row);
  EXPECT_EQ(touched({put(copy_row(one, "b", 1))}), only_one);
  row.description = "other";
  EXPECT_EQ(touched({state::ChangeImage{row}}), only_one);
  EXPECT_EQ(touched({state::ChangeImage{row}}), neither);
  EXPECT_EQ(touched({state::MarkWanted{row.key, at(1)}}), only_one);
  EXPECT_EQ(touched({state::MarkWanted{row.key, at(1)}}), neither);
  EXPECT_EQ(touched({state::StopSubscription{one, SelectAll{}, 1}}), only_one);
  EXPECT_EQ(touched({state::DropRegistration{one}}), only_one);
  EXPECT_EQ(touched({put(own_row("own"))}), neither);
}

TEST_F(peers, every_peer_is_unsettled_when_something_here_goes_away) {
  // What was adopted in place of a peer's image (R14), or makes its series or type what it is.
  auto own = own_row("own");
  own.key = add(own);
  EXPECT_EQ(touched({state::DropImage{own.key}}), both);
  auto copy = copy_row(one, "a", 1);
  copy.key = add(copy);
  copy.name = ImageName::of("renamed");
  EXPECT_EQ(touched({state::ChangeImage{copy}}), both);
  EXPECT_EQ(touched({state::PutType{TypeName::of("T"), TypeName::of("LINUXOS"), false}}), both);
  EXPECT_EQ(touched({state::PutType{TypeName::of("T"), TypeName::of("LINUXOS"), true}}), neither);
  EXPECT_EQ(touched({state::DropType{TypeName::of("T")}}), both);
  const state::SeriesRow series{.name = SeriesName::of("s"),
                                .managed = true,
                                .members = {},
                                .follow = Follow{ServerName::of("p"), SeriesName::of("x")},
                                .wanted = {}};
  EXPECT_EQ(touched({state::PutSeries{series}}), both);
  EXPECT_EQ(touched({state::DropSeries{series.name}}), both);
}

TEST_F(peers, a_revision_never_starts_again) {
  record({state::PutRegistration{registration(one, "p"), {}}});
  const auto before = state.revision_of(one);
  record({state::DropRegistration{one}});
  record({state::PutRegistration{registration(one, "p"), {}}});
  EXPECT_GT(state.revision_of(one), before + 1);
  EXPECT_THROW(record({state::DropRegistration{two}}), Error);
}

TEST_F(peers, keeps_series_in_their_order) {
  const auto a = add(own_row("a"));
  const auto b = add(copy_row(one, "b", 1));
  const state::SeriesRow row{.name = SeriesName::of("s"),
                             .managed = true,
                             .members = {{b, ImageName::of("b")}, {a, ImageName::of("a")}},
                             .follow = std::nullopt,
                             .wanted = {"b", "a", "waiting"}};
  record({state::PutSeries{row}});
  EXPECT_EQ(state.snapshot().series, (std::vector<state::SeriesRow>{row}));
  record({state::DropImage{b}});
  EXPECT_EQ(state.snapshot().series[0].members, (std::vector<state::SeriesMemberRow>{{a, ImageName::of("a")}}));
  EXPECT_THROW(record({state::PutSeries{row}}), Error);
  EXPECT_THROW(record({state::DropSeries{SeriesName::of("other")}}), Error);
}

TEST_F(peers, R5_floors_only_rise_and_survive_unregistering) {
  const Floor floor{.id = one, .epoch = 1, .serial = 10, .head = digest_of("h"), .root_version = 2, .issued = at(10)};
  EXPECT_EQ(state.floor(one), std::nullopt);
  state.raise_floor(floor);
  record({state::PutRegistration{registration(one, "p"), {}}});
  record({state::DropRegistration{one}});
  EXPECT_EQ(state.floor(one), floor);
  state.raise_floor({.id = one, .epoch = 1, .serial = 9, .head = digest_of("x"), .root_version = 1, .issued = at(9)});
  state.raise_floor({.id = one, .epoch = 1, .serial = 10, .head = digest_of("x"), .root_version = 2, .issued = at(10)});
  EXPECT_EQ(state.floor(one), floor);
  const Floor higher{.id = one, .epoch = 2, .serial = 3, .head = digest_of("y"), .root_version = 3, .issued = at(11)};
  state.raise_floor(higher);
  EXPECT_EQ(state.floor(one), higher);
}

}  // namespace
}  // namespace ingot::peers_test
