// Which head shows which event, and what a catalog may not show (R15).
#include <algorithm>

#include "schema/error.hpp"
#include "tests/state/state_fixture.hpp"

namespace ingot::publish_test {
namespace {

class publishing : public StateTest {
 protected:
  Catalog catalog(bool publish_copies = false) const { return catalog_of(state, publish_copies); }
  bool pending() const { return state.content_pending(false); }
  state::ImageKey add_private(const std::string& name) {
    auto row = own_row(name);
    row.is_private = true;
    return add(row);
  }
  void put_series(const std::string& name, const std::vector<state::ImageKey>& keys) {
    state::SeriesRow row{.name = SeriesName::of(name), .managed = true, .members = {}, .follow = {}, .wanted = {}};
    for (const auto key : keys) row.members.push_back({key, ImageName::of("any")});
    record({state::PutSeries{row}});
  }
  void set_state(const std::string& name, ImageState value) {
    auto row = image(name);
    row.state = value;
    record({state::ChangeImage{row}});
  }
};

std::vector<Serial> added(const SeriesEntry& series) {
  std::vector<Serial> serials;
  for (const auto& member : series.members) serials.push_back(member.added);
  return serials;
}

TEST_F(publishing, an_image_gets_the_serial_of_the_head_that_first_shows_it) {
  add(own_row("a"));
  EXPECT_TRUE(catalog().images.empty());
  EXPECT_EQ(publish(), 1U);
  add(own_row("b"));
  EXPECT_EQ(publish(), 2U);
  const auto shown = catalog();
  ASSERT_EQ(shown.images.size(), 2U);
  EXPECT_EQ(shown.images[0].identity, (ImageIdentity{self, ImageName::of("a"), 1}));
  EXPECT_EQ(shown.images[0].listed, 1U);
  EXPECT_EQ(shown.images[1].identity.created, 2U);
  EXPECT_EQ(shown.images[1].states, (std::vector<StateSince>{{ImageState::published, 2}}));
  EXPECT_EQ(shown.images[1].packed, packed_of(digest_of("b").hex()));
  EXPECT_EQ(image("a").created, 1U);
  EXPECT_TRUE(image("a").was_public);
}

TEST_F(publishing, a_serial_is_burnt_once_it_was_reserved) {
  add(own_row("a"));
  EXPECT_EQ(state.reserve_serial(0), 1U);
  // The run dies here: a reader may have seen the head with serial 1.
  add(own_row("b"));
  EXPECT_EQ(state.reserve_serial(0), 2U);
  EXPECT_EQ(find_entry(catalog(), "a")->listed, 1U);
  EXPECT_EQ(find_entry(catalog(), "b")->listed, 2U);
  EXPECT_EQ(state.reserve_serial(41), 42U);
  EXPECT_EQ(state.reserve_serial(7), 43U);
  EXPECT_EQ(state.reserved_serial(), 43U);
  EXPECT_THROW(state.reserve_serial(largest_serial), Error);
}

TEST_F(publishing, only_the_serial_that_was_reserved_last_can_be_finished) {
  EXPECT_THROW(state.finish_publish({.serial = 1, .head = {}, .index = {}, .expires = at(0), .copies_published = false}), Error);
  const state::State::Published head{.serial = state.reserve_serial(0),
                                     .head = digest_of("h"),
                                     .index = digest_of("i"),
                                     .expires = at(9),
                                     .copies_published = true};
  EXPECT_EQ(state.published(), std::nullopt);
  state.finish_publish(head);
  ASSERT_TRUE(state.published());
  EXPECT_EQ(state.published()->serial, 1U);
  EXPECT_EQ(state.published()->head, digest_of("h"));
  EXPECT_EQ(state.published()->index, digest_of("i"));
  EXPECT_EQ(state.published()->expires, at(9));
  EXPECT_TRUE(state.published()->copies_published);
  EXPECT_EQ(state.snapshot().published_serial, 1U);
  EXPECT_EQ(state.snapshot().head_expires, at(9));
  state.reserve_serial(0);
  EXPECT_THROW(state.finish_publish(head), Error);
}

TEST_F(publishing, F6_a_run_that_slept_while_another_reserved_a_serial_puts_no_head) {
  bool done = false;
  const auto put_head = [&done] { done = true; };
  state::State other = state::State::open(place, state::Access::read_write);
  const Serial slept = state.reserve_serial(0);
  const Serial later = other.reserve_serial(0);
  EXPECT_THROW(
      state.finish_publish({.serial = slept, .head = {}, .index = {}, .expires = at(0), .copies_published = false}, put_head),
      Error);
  EXPECT_FALSE(done) << "an older head would have taken the place of a newer one";
  other.finish_publish({.serial = later, .head = {}, .index = {}, .expires = at(0), .copies_published = false}, put_head);
  EXPECT_TRUE(done);
}

TEST_F(publishing, F6_a_run_that_slept_while_another_changed_something_puts_no_head) {
  bool done = false;
  const Serial slept = state.reserve_serial(0);
  state::State::open(place, state::Access::read_write).record({put(own_row("b"))});
  EXPECT_THROW(state.finish_publish({.serial = slept, .head = {}, .index = {}, .expires = at(0), .copies_published = false},
                                    [&done] { done = true; }),
               Error);
  EXPECT_FALSE(done);
}

TEST_F(publishing, a_head_that_cannot_be_put_counts_as_not_published) {
  const Serial serial = state.reserve_serial(0);
  const auto fails = [] { throw Error(Fault::local, "the disk is full"); };
  EXPECT_THROW(
      state.finish_publish({.serial = serial, .head = {}, .index = {}, .expires = at(0), .copies_published = false}, fails),
      Error);
  EXPECT_FALSE(state.published());
}

TEST_F(publishing, changes_of_state_between_two_heads_collapse) {
  add(own_row("a"));
  publish();
  set_state("a", ImageState::restricted);
  set_state("a", ImageState::testable);
  publish();
  using enum ImageState;
  EXPECT_EQ(find_entry(catalog(), "a")->states, (std::vector<StateSince>{{published, 1}, {testable, 2}}));
  set_state("a", ImageState::published);
  set_state("a", ImageState::testable);
  publish();
  EXPECT_EQ(find_entry(catalog(), "a")->states, (std::vector<StateSince>{{published, 1}, {testable, 2}}));
}

TEST_F(publishing, keeps_a_bounded_history_of_states) {
  add(own_row("a"));
  publish();
  for (std::size_t i = 0; i < longest_state_history + 6; ++i) {
    set_state("a", i % 2 == 0 ? ImageState::testable : ImageState::published);
    state.reserve_serial(0);
  }
  const auto states = find_entry(catalog(), "a")->states;
  ASSERT_EQ(states.size(), longest_state_history);
  EXPECT_EQ(states.back(), (StateSince{ImageState::published, longest_state_history + 7}));
  EXPECT_EQ(states.front().since, 8U);
}

TEST_F(publishing, a_change_that_has_no_serial_yet_is_not_shown) {
  const auto key = add(own_row("a"));
  publish();
  set_state("a", ImageState::withdrawn);
  EXPECT_EQ(find_entry(catalog(), "a")->state(), ImageState::published);
  record({state::DropImage{key}});
  EXPECT_TRUE(find_entry(catalog(), "a"));
  publish();
  EXPECT_FALSE(find_entry(catalog(), "a"));
}

TEST_F(publishing, a_deleted_image_leaves_a_tombstone_only_if_it_was_shown) {
  const auto shown = add(own_row("shown"));
  publish();
  record({state::DropImage{shown}, state::DropImage{add(own_row("never_shown"))}});
  const Serial serial = publish();
  const auto after = catalog();
  ASSERT_EQ(after.deleted.size(), 1U);
  EXPECT_EQ(after.deleted[0], (ImageTombstone{.identity = {self, ImageName::of("shown"), 1},
                                              .deleted = serial,
                                              .digest = digest_of("shown"),
                                              .type = default_type(),
                                              .parent = std::nullopt}));
  EXPECT_TRUE(after.images.empty());
}

TEST_F(publishing, a_name_may_have_tombstones_and_a_live_image) {
  record({state::DropImage{add(own_row("a", "one"))}});
  const auto second = add(own_row("a", "two"));
  publish();
  record({state::DropImage{second}});
  add(own_row("a", "three"));
  publish();
  EXPECT_EQ(catalog().deleted.size(), 1U);
  EXPECT_EQ(catalog().deleted[0].identity.created, 1U);
  EXPECT_EQ(find_entry(catalog(), "a")->identity.created, 2U);
}

TEST_F(publishing, copies_are_listed_with_their_own_identity_and_leave_no_tombstone) {
  auto row = copy_row(server_id(2), "b", 77);
  row.parent_identity = ImageIdentity{server_id(2), ImageName::of("x"), 70};
  row.key = add(row);
  const Serial serial = publish();
  const auto shown = catalog();
  const auto* const entry = find_entry(shown, "b");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->identity, (ImageIdentity{server_id(2), ImageName::of("b"), 77}));
  EXPECT_EQ(entry->listed, serial);
  EXPECT_EQ(entry->copied_from, ServerName::of("there"));
  EXPECT_EQ(entry->parent, row.parent_identity);
  EXPECT_EQ(entry->packed, std::nullopt);
  EXPECT_EQ(find_entry(catalog(true), "b")->packed, packed_of(row.digest.hex()));
  EXPECT_EQ(image("b").created, serial);
  record({state::DropImage{row.key}});
  EXPECT_TRUE(catalog().images.empty());
  publish();
  EXPECT_TRUE(catalog().deleted.empty());
}

TEST_F(publishing, R21_a_withdrawn_copy_shows_its_reason_and_may_come_back) {
  auto row = copy_row(server_id(2), "b", 77);
  row.key = add(row);
  publish();
  row.withdrawn_by_origin = true;
  row.reason = "it burns";
  record({state::ChangeImage{row}});
  publish();
  EXPECT_EQ(find_entry(catalog(), "b")->state(), ImageState::withdrawn);
  EXPECT_EQ(find_entry(catalog(), "b")->reason, "it burns");
  EXPECT_EQ(image("b").state, ImageState::published);
  row.withdrawn_by_origin = false;
  record({state::ChangeImage{row}});
  publish();
  EXPECT_EQ(find_entry(catalog(), "b")->state(), ImageState::published);
  EXPECT_EQ(find_entry(catalog(), "b")->reason, "");
  EXPECT_EQ(find_entry(catalog(), "b")->states.size(), 3U);
}

TEST_F(publishing, R15_private_images_are_in_nothing) {
  add_private("secret");
  publish();
  EXPECT_EQ(catalog(true), Catalog{});
  std::size_t objects = 0;
  state.each_public_object(true, [&](const state::ObjectRow&) { ++objects; });
  EXPECT_EQ(objects, 0U);
  EXPECT_FALSE(image("secret").was_public);
  record({state::DropImage{image("secret").key}});
  publish();
  EXPECT_EQ(catalog(true), Catalog{});
}

TEST_F(publishing, R15_an_image_that_becomes_public_is_created_with_that_head) {
  add_private("a");
  publish();
  set_state("a", ImageState::testable);
  auto row = image("a");
  row.is_private = false;
  record({state::ChangeImage{row}});
  EXPECT_TRUE(pending());
  const Serial serial = publish();
  EXPECT_EQ(find_entry(catalog(), "a")->identity.created, serial);
  EXPECT_EQ(find_entry(catalog(), "a")->states, (std::vector<StateSince>{{ImageState::testable, serial}}));
}

TEST_F(publishing, R15_the_published_parent_is_the_nearest_public_ancestor) {
  const auto child_of = [&](const std::string& name, state::ImageKey parent, bool is_private) {
    auto row = own_row(name);
    row.parent = parent;
    row.parent_name = "x";
    row.is_private = is_private;
    return add(row);
  };
  const auto root = add(own_row("root"));
  const auto hidden = child_of("hidden", root, true);
  const auto never_shown = child_of("never_shown", hidden, false);
  record({state::DropImage{never_shown}});
  child_of("leaf", never_shown, false);
  const auto copy = add(copy_row(server_id(2), "copy", 9));
  child_of("of_copy", copy, false);
  child_of("orphan", add_private("alone"), false);
  publish();
  record({state::DropImage{root}, state::DropImage{copy}});
  publish();
  const auto shown = catalog();
  EXPECT_EQ(find_entry(shown, "leaf")->parent, (ImageIdentity{self, ImageName::of("root"), 1}));
  EXPECT_EQ(find_entry(shown, "of_copy")->parent, (ImageIdentity{server_id(2), ImageName::of("copy"), 9}));
  EXPECT_EQ(find_entry(shown, "orphan")->parent, std::nullopt);
}

TEST_F(publishing, R17_a_tombstone_keeps_the_parent) {
  const auto root = add(own_row("root"));
  auto row = own_row("child");
  row.parent = root;
  const auto child = add(row);
  publish();
  record({state::DropImage{child}, state::DropImage{root}});
  publish();
  ASSERT_EQ(catalog().deleted.size(), 2U);
  EXPECT_EQ(catalog().deleted[0].parent, (ImageIdentity{self, ImageName::of("root"), 1}));
}

TEST_F(publishing, R15_series_and_types_with_private_images_alone_are_not_published) {
  record({state::PutType{TypeName::of("DB_PSU"), TypeName::of("ORACLEDBSOFTWARE"), true}});
  auto row = own_row("secret");
  row.is_private = true;
  row.type = TypeName::of("DB_PSU");
  const auto secret = add(row);
  put_series("s", {secret});
  publish();
  EXPECT_EQ(catalog(), Catalog{});
  auto open = own_row("open");
  open.type = TypeName::of("DB_PSU");
  const auto key = add(open);
  put_series("s", {secret, key});
  const Serial serial = publish();
  ASSERT_EQ(catalog().series.size(), 1U);
  EXPECT_EQ(catalog().series[0].created, serial);
  EXPECT_EQ(catalog().series[0].members, (std::vector<SeriesMember>{{{self, ImageName::of("open"), serial}, serial}}));
  EXPECT_EQ(catalog().types, (std::vector<TypeEntry>{{TypeName::of("DB_PSU"), TypeName::of("ORACLEDBSOFTWARE")}}));
}

TEST_F(publishing, R10_members_that_stay_keep_their_serial_and_coming_back_is_an_event) {
  const auto a = add(own_row("a"));
  const auto b = add(own_row("b"));
  put_series("s", {a});
  publish();
  put_series("s", {b, a});
  publish();
  EXPECT_EQ(added(catalog().series[0]), (std::vector<Serial>{2, 1}));
  put_series("s", {b});
  publish();
  put_series("s", {a, b});
  publish();
  EXPECT_EQ(added(catalog().series[0]), (std::vector<Serial>{4, 2}));
}

TEST_F(publishing, a_series_that_was_shown_stays_until_it_is_dropped) {
  const auto a = add(own_row("a"));
  put_series("s", {a});
  put_series("empty", {});
  publish();
  put_series("s", {});
  publish();
  ASSERT_EQ(catalog().series.size(), 1U);
  EXPECT_TRUE(catalog().series[0].members.empty());
  record({state::DropSeries{SeriesName::of("s")}, state::DropSeries{SeriesName::of("empty")}});
  EXPECT_TRUE(pending());
  const Serial serial = publish();
  EXPECT_TRUE(catalog().series.empty());
  EXPECT_EQ(catalog().deleted_series, (std::vector<SeriesTombstone>{{SeriesName::of("s"), 1, serial}}));
  put_series("s", {a});
  publish();
  EXPECT_EQ(catalog().series[0].created, serial + 1);
  EXPECT_EQ(catalog().deleted_series.size(), 1U);
}

TEST_F(publishing, the_content_is_pending_until_a_head_shows_it) {
  EXPECT_TRUE(pending());
  publish();
  EXPECT_FALSE(pending());
  EXPECT_TRUE(state.content_pending(true));
  EXPECT_TRUE(state.snapshot({.without_copies_of = {}, .publish_copies = true, .but_names = {}}).content_pending);
  add(own_row("a"));
  EXPECT_TRUE(pending());
  const Serial serial = state.reserve_serial(0);
  // What comes after the serial was reserved may not be in that head.
  add(own_row("b"));
  state.finish_publish({.serial = serial, .head = {}, .index = {}, .expires = at(1), .copies_published = false});
  EXPECT_TRUE(pending());
  publish();
  EXPECT_FALSE(pending());
}

TEST_F(publishing, a_change_that_no_catalog_shows_is_not_pending) {
  const auto secret = add_private("secret");
  const auto a = add(own_row("a"));
  record({state::PutType{TypeName::of("T"), TypeName::of("LINUXOS"), true}});
  publish();
  put_series("s", {secret});
  set_state("secret", ImageState::withdrawn);
  auto row = image("a");
  row.protect = true;
  row.managed = false;
  record({state::ChangeImage{row}, state::PutType{TypeName::of("T"), TypeName::of("SOFTWARE"), true},
          state::PutRegistration{registration(server_id(2), "p"), {}},
          state::PutSubscription{subscription(server_id(2), SelectAll{}, "subscription.p.all")}});
  add_private("more");
  record({state::DropImage{secret}, state::DropSeries{SeriesName::of("s")}});
  EXPECT_FALSE(pending());
  put_series("s", {a});
  EXPECT_TRUE(pending());
}

TEST_F(publishing, a_renewed_head_is_no_change_for_a_plan) {
  add(own_row("a"));
  publish();
  const auto generation = state.generation();
  publish();
  EXPECT_EQ(state.generation(), generation);
  EXPECT_EQ(state.published()->serial, 2U);
}

TEST_F(publishing, names_the_bytes_that_must_be_served) {
  add(own_row("a"));
  add(own_row("b", "a"));
  add(copy_row(server_id(2), "c", 1));
  std::vector<Digest> digests;
  const auto collect = [&](const state::ObjectRow& object) { digests.push_back(object.digest); };
  state.each_public_object(false, collect);
  EXPECT_EQ(digests, (std::vector<Digest>{digest_of("a")}));
  digests.clear();
  state.each_public_object(true, collect);
  EXPECT_EQ(digests.size(), 2U);
}

TEST_F(publishing, a_visitor_may_ask_the_state) {
  add(own_row("a"));
  publish();
  std::size_t seen = 0;
  state.each_public(false, {.image = [&](const ImageEntry& entry) { seen += state.object(entry.digest) ? 1U : 0U; },
                            .deleted_image = {},
                            .series = {},
                            .deleted_series = {},
                            .type = {}});
  EXPECT_EQ(seen, 1U);
}

}  // namespace
}  // namespace ingot::publish_test
