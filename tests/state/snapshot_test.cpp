#include <algorithm>

#include "tests/state/state_fixture.hpp"

namespace ingot::snapshot_test {
namespace {

using snapshots = StateTest;
const ServerId one = server_id(2);
const ServerId two = server_id(3);

std::vector<std::string> names(const state::Snapshot& snapshot) {
  std::vector<std::string> result;
  for (const auto& image : snapshot.images) result.push_back(image.name.text());
  return result;
}

TEST_F(snapshots, says_whose_it_is) {
  const auto empty = state.snapshot();
  EXPECT_EQ(empty.lineage, lineage);
  EXPECT_EQ(state.lineage(), lineage);
  EXPECT_EQ(state.self(), self);
  EXPECT_EQ(empty.generation, 0U);
  EXPECT_EQ(empty.published_serial, 0U);
  EXPECT_TRUE(empty.content_pending);
}

TEST_F(snapshots, sorts_images_by_name_then_key) {
  const auto first = add(own_row("b", "1"));
  record({state::DropImage{first}});
  add(own_row("c"));
  add(own_row("a"));
  add(own_row("b", "2"));
  const auto all = state.snapshot();
  EXPECT_EQ(names(all), (std::vector<std::string>{"a", "b", "b", "c"}));
  EXPECT_EQ(all.images[1].key, first);
}

TEST_F(snapshots, leaves_out_copies_of_settled_peers_but_those_whose_names_matter) {
  add(own_row("own"));
  record({state::DropImage{add(copy_row(one, "gone", 1))}, state::DropImage{add(copy_row(one, "gone_and_asked", 1))}});
  add(copy_row(one, "settled", 1));
  add(copy_row(one, "Asked", 1));
  add(copy_row(two, "other", 1));
  state::SnapshotScope scope{.without_copies_of = {one},
                             .publish_copies = false,
                             .but_names = {ImageName::of("asked"), ImageName::of("own"), ImageName::of("other")}};
  EXPECT_EQ(names(state.snapshot(scope)), (std::vector<std::string>{"Asked", "other", "own"}));
  EXPECT_EQ(state.snapshot(scope).images_total, 4U);
  EXPECT_EQ(state.images_total(), 4U);
  scope.without_copies_of = {one, two};
  EXPECT_EQ(names(state.snapshot(scope)), (std::vector<std::string>{"Asked", "other", "own"}));
  scope.but_names = {};
  EXPECT_EQ(names(state.snapshot(scope)), (std::vector<std::string>{"own"}));
  EXPECT_EQ(names(state.snapshot()), (std::vector<std::string>{"Asked", "gone", "gone_and_asked", "other", "own", "settled"}));
}

TEST_F(snapshots, keeps_live_copies_by_their_name_on_the_origin) {
  const auto add_renamed = [&](const std::string& here, const std::string& there, const ServerId& origin) {
    state::ImageRow row = copy_row(origin, here, 1);
    row.identity->name = ImageName::of(there);
    return add(std::move(row));
  };
  add_renamed("here", "there", one);
  add_renamed("elsewhere", "there", two);
  add_renamed("other", "another", one);
  record({state::DropImage{add_renamed("gone", "there-too", one)}});
  state::SnapshotScope scope{.without_copies_of = {one, two}};
  EXPECT_EQ(names(state.snapshot(scope)), std::vector<std::string>());
  scope.but_copies_of = {ImageName::of("there"), ImageName::of("there-too")};
  EXPECT_EQ(names(state.snapshot(scope)), (std::vector<std::string>{"elsewhere", "here"}));
  scope.but_names = {ImageName::of("here")};
  EXPECT_EQ(names(state.snapshot(scope)), (std::vector<std::string>{"elsewhere", "here"})) << "each once";
}

TEST_F(snapshots, keeps_the_members_of_a_series_whatever_peer_they_are_of) {
  const auto member = add(copy_row(one, "member", 1));
  add(copy_row(one, "other", 1));
  record({state::PutSeries{state::SeriesRow{.name = SeriesName::of("s"),
                                            .managed = true,
                                            .members = {{.image = member, .name = ImageName::of("member")}},
                                            .follow = std::nullopt,
                                            .wanted = {}}}});
  state::SnapshotScope scope{.without_copies_of = {one}};
  EXPECT_EQ(names(state.snapshot(scope)), std::vector<std::string>());
  scope.but_members_of = {SeriesName::of("s"), SeriesName::of("none")};
  scope.but_names = {ImageName::of("member")};
  EXPECT_EQ(names(state.snapshot(scope)), (std::vector<std::string>{"member"})) << "each once";
}

TEST_F(snapshots, keeps_what_was_exported_whatever_peer_it_is_of) {
  add(copy_row(one, "exported", 1));
  add(copy_row(one, "other", 1));
  record({state::PutExported{{.name = ExportName::of("home"),
                              .folder = "/gold",
                              .image = ImageName::of("exported"),
                              .digest = {},
                              .kind = ImageKind::tree,
                              .top = "",
                              .listing = {},
                              .changes = {},
                              .owner = "",
                              .mode = ""}}});
  EXPECT_EQ(names(state.snapshot({.without_copies_of = {one}})), (std::vector<std::string>{"exported"}));
}

TEST_F(snapshots, the_live_image_of_a_name_is_found) {
  record({state::DropImage{add(own_row("a", "gone"))}});
  EXPECT_EQ(state.live_image(ImageName::of("a")), std::nullopt);
  add(own_row("a"));
  EXPECT_EQ(state.live_image(ImageName::of("a")), image("a"));
  EXPECT_EQ(state.live_image(ImageName::of("A")), std::nullopt) << "another name";
}

TEST_F(snapshots, live_images_are_found_by_their_bytes) {
  const state::ImageRow row = own_row("a", "bits");
  record({state::DropImage{add(own_row("gone", "bits"))}});
  add(row);
  state::ImageRow copy = copy_row(one, "b", 1);
  copy.digest = row.digest;
  copy.size = row.size;
  record({state::PutImage{.row = copy, .packed = put(row).packed}});
  add(own_row("other"));
  std::vector<std::string> found;
  for (const auto& image : state.live_images_of(row.digest)) found.push_back(image.name.text());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(state.live_images_of(digest_of("unknown")).empty());
}

TEST_F(snapshots, the_generation_grows_only_when_a_plan_would_see_a_change) {
  const auto start = state.generation();
  record({});
  state.raise_floor({.id = one, .epoch = 1, .serial = 1, .head = {}, .root_version = 1, .issued = at(1)});
  EXPECT_EQ(state.generation(), start);
  add(own_row("a"));
  EXPECT_EQ(state.generation(), start + 1);
  record({put(own_row("b")), put(own_row("c"))});
  EXPECT_EQ(state.generation(), start + 2);
  EXPECT_EQ(state.snapshot().generation, start + 2);
}

TEST_F(snapshots, everything_is_there_after_closing_and_opening) {
  add(own_row("a"));
  record({state::PutRegistration{registration(one, "p"), {}}, state::PutSubscription{subscription(one, SelectAll{}, "r")}});
  publish();
  const auto before = state.snapshot();
  state = state::State::open(place, state::Access::read_only);
  const auto after = state.snapshot();
  EXPECT_EQ(after.images, before.images);
  EXPECT_EQ(after.registrations, before.registrations);
  EXPECT_EQ(after.subscriptions, before.subscriptions);
  EXPECT_EQ(after.generation, before.generation);
  state.check();
}

}  // namespace
}  // namespace ingot::snapshot_test
