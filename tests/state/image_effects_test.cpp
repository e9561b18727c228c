#include "tests/state/state_fixture.hpp"

#include "schema/error.hpp"

namespace ingot::image_effects_test {
namespace {

using image_effects = StateTest;

template <class Work>
void expect_refused(Work work, const std::string& part) {
  try {
    work();
    ADD_FAILURE() << "nothing was refused; expected: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::internal);
    EXPECT_NE(error.text().find(part), std::string::npos) << error.text();
  }
}

TEST_F(image_effects, keeps_everything_of_an_own_image) {
  state::ImageRow row = own_row("db19");
  row.key = add(row);
  EXPECT_EQ(image("db19"), row);
  EXPECT_EQ(state.object(row.digest)->packed, packed_of(row.digest.hex()));
  EXPECT_EQ(state.object(row.digest)->size, 7U);
  EXPECT_EQ(state.snapshot().images_total, 1U);
}

TEST_F(image_effects, D1_bytes_that_were_made_durable_anew_are_known_in_their_new_form) {
  const state::ImageRow row = own_row("db19");
  add(row);
  record({state::PutBytes{.digest = row.digest, .packed = packed_of("another packing")}});
  EXPECT_EQ(state.object(row.digest)->packed, packed_of("another packing"));
  EXPECT_EQ(state.object(row.digest)->size, 7U);
  EXPECT_EQ(state.snapshot().images.size(), 1U);
  expect_refused([&] { record({state::PutBytes{.digest = own_row("x", "unheard of").digest, .packed = packed_of("x")}}); },
                 "no image here ever was");
}

TEST_F(image_effects, R27_keeps_everything_of_a_copy_with_its_papers) {
  state::ImageRow row = copy_row(server_id(2), "db19", 5);
  row.parent_name = "db18";
  row.parent_identity = ImageIdentity{server_id(2), ImageName::of("db18"), 2};
  row.unwanted_since = at(7);
  row.key = add(row);
  EXPECT_EQ(image("db19"), row);
}

TEST_F(image_effects, never_uses_a_key_again) {
  const auto first = add(own_row("a"));
  record({state::DropImage{first}});
  EXPECT_GT(add(own_row("b")), first);
  EXPECT_GT(add(own_row("a", "other bits")), first + 1);
}

TEST_F(image_effects, refuses_a_second_live_name_even_in_another_case) {
  add(own_row("db19"));
  expect_refused([&] { add(own_row("DB19", "other bits")); }, "\"DB19\" is here already");
  expect_refused([&] { add(copy_row(server_id(2), "db19", 1)); }, "is here already");
  EXPECT_EQ(state.snapshot().images.size(), 1U);
  EXPECT_EQ(state.snapshot().images_total, 1U);
}

TEST_F(image_effects, an_effect_that_is_refused_undoes_the_whole_action) {
  const auto generation = state.generation();
  expect_refused([&] { record({put(own_row("a")), state::DropImage{99}}); }, "no image number 99");
  EXPECT_TRUE(state.snapshot().images.empty());
  EXPECT_EQ(state.generation(), generation);
  add(own_row("a"));
  EXPECT_EQ(state.last_run()->done, 1U);
}

TEST_F(image_effects, refuses_what_it_could_not_publish) {
  auto row = own_row("a");
  row.type = TypeName::of("DB_PSU");
  expect_refused([&] { add(row); }, "\"DB_PSU\" is not here");
  auto nameless = copy_row(server_id(2), "b", 1);
  nameless.identity.reset();
  expect_refused([&] { add(nameless); }, "has no identity");
}

TEST_F(image_effects, changes_only_the_describing_facts) {
  const auto key = add(copy_row(server_id(2), "db19", 5));
  const auto old = image("db19");
  state::ImageRow next = own_row("renamed");
  next.key = key;
  next.version = "2";
  next.state = ImageState::restricted;
  next.protect = true;
  next.managed = true;
  next.withdrawn_by_origin = true;
  next.reason = "broken";
  record({state::ChangeImage{next}});
  state::ImageRow expected = old;
  expected.name = next.name;
  expected.version = "2";
  expected.state = ImageState::restricted;
  expected.protect = expected.managed = expected.withdrawn_by_origin = true;
  expected.reason = "broken";
  EXPECT_EQ(image("renamed"), expected);
}

TEST_F(image_effects, an_own_image_keeps_its_name_and_no_rename_takes_a_name) {
  auto own = own_row("a");
  own.key = add(own);
  auto copy = copy_row(server_id(2), "b", 1);
  copy.key = add(copy);
  own.name = ImageName::of("c");
  expect_refused([&] { record({state::ChangeImage{own}}); }, "keeps its name");
  copy.name = ImageName::of("A");
  expect_refused([&] { record({state::ChangeImage{copy}}); }, "is here already");
  copy.name = ImageName::of("B");
  record({state::ChangeImage{copy}});
  EXPECT_EQ(image("B").key, copy.key);
}

TEST_F(image_effects, R9_a_deleted_image_stays_as_a_tombstone_with_its_lineage) {
  auto parent = own_row("parent");
  parent.key = add(parent);
  auto child = own_row("child");
  child.parent = parent.key;
  child.parent_name = "parent";
  add(child);
  record({state::DropImage{parent.key}});
  EXPECT_TRUE(image("parent").deleted);
  EXPECT_EQ(image("child").parent, parent.key);
  EXPECT_EQ(state.snapshot().images_total, 1U);
  EXPECT_TRUE(state.object(parent.digest));
  expect_refused([&] { record({state::DropImage{parent.key}}); }, "no image number");
}

TEST_F(image_effects, R18_the_same_name_and_bits_bring_the_deleted_image_back) {
  auto row = own_row("a");
  row.key = add(row);
  const Serial created = publish();
  record({state::PutSeries{
      {.name = SeriesName::of("s"), .managed = true, .members = {{row.key, row.name}}, .follow = {}, .wanted = {"a"}}}});
  record({state::DropImage{row.key}});
  publish();
  auto again = own_row("a");
  again.source_stamp = "";
  again.description = "back";
  EXPECT_EQ(add(again), row.key);
  const auto back = image("a");
  EXPECT_FALSE(back.deleted);
  EXPECT_EQ(back.created, created);
  EXPECT_EQ(back.identity->created, created);
  EXPECT_EQ(back.source_stamp, "");
  EXPECT_EQ(back.description, "back");
  EXPECT_TRUE(state.snapshot().series.front().members.empty());
  EXPECT_EQ(state.snapshot().images_total, 1U);
  publish();
  EXPECT_TRUE(catalog_of(state).deleted.empty());
  EXPECT_EQ(find_entry(catalog_of(state), "a")->identity.created, created);
}

TEST_F(image_effects, R18_other_bits_or_another_type_are_another_image) {
  const auto key = add(own_row("a"));
  record({state::DropImage{key}});
  const auto other = add(own_row("a", "other bits"));
  EXPECT_NE(other, key);
  record({state::DropImage{other}});
  auto row = own_row("a");
  row.type = TypeName::of("LINUXOS");
  EXPECT_GT(add(row), other);
  EXPECT_EQ(state.snapshot().images.size(), 3U);
}

TEST_F(image_effects, a_copy_that_comes_again_is_another_row) {
  const auto key = add(copy_row(server_id(2), "a", 1));
  record({state::DropImage{key}});
  EXPECT_NE(add(copy_row(server_id(2), "a", 1)), key);
  EXPECT_EQ(state.snapshot().images.size(), 2U);
}

TEST_F(image_effects, R15_what_a_head_showed_never_becomes_private) {
  auto row = own_row("a");
  row.key = add(row);
  row.is_private = true;
  record({state::ChangeImage{row}});
  row.is_private = false;
  record({state::ChangeImage{row}});
  state.reserve_serial(0);
  EXPECT_TRUE(image("a").was_public);
  row.is_private = true;
  expect_refused([&] { record({state::ChangeImage{row}}); }, "cannot become private");
  record({state::DropImage{row.key}});
  expect_refused([&] { add(row); }, "cannot become private");
}

TEST_F(image_effects, the_bytes_that_were_made_durable_last_count) {
  auto row = own_row("a");
  add(row);
  auto copy = copy_row(server_id(2), "b", 1);
  copy.digest = row.digest;
  record({state::PutImage{.row = copy, .packed = packed_of("packed anew")}});
  EXPECT_EQ(state.object(row.digest)->packed, packed_of("packed anew"));
  std::size_t objects = 0;
  state.each_object([&](const state::ObjectRow&) { ++objects; });
  EXPECT_EQ(objects, 1U);
}

TEST_F(image_effects, remembers_since_when_a_copy_is_not_wanted) {
  const auto key = add(copy_row(server_id(2), "a", 1));
  record({state::MarkWanted{key, at(9)}});
  EXPECT_EQ(image("a").unwanted_since, at(9));
  const auto generation = state.generation();
  record({state::MarkWanted{key, at(9)}, state::MarkWanted{999, at(9)}});
  EXPECT_EQ(state.generation(), generation);
  record({state::MarkWanted{key, std::nullopt}});
  EXPECT_EQ(image("a").unwanted_since, std::nullopt);
}

TEST_F(image_effects, R5_an_adopted_copy_keeps_key_papers_and_series_under_a_new_identity) {
  state::ImageRow parent = copy_row(server_id(2), "db18", 2);
  parent.key = add(parent);
  state::ImageRow copy = copy_row(server_id(2), "db19", 5);
  copy.parent_name = "db18";
  copy.parent_identity = parent.identity;
  copy.key = add(copy);
  record({state::PutSeries{state::SeriesRow{.name = SeriesName::of("s"),
                                            .managed = true,
                                            .members = {{.image = copy.key, .name = copy.name}},
                                            .follow = {},
                                            .wanted = {}}}});
  publish();
  const Serial before = find_entry(catalog_of(state), "db19")->identity.created;
  state::ImageRow own = image("db19");
  own.copy = false;
  own.origin_name = ServerName::of("here");
  own.rule = "copy.silver.db19";
  own.state = ImageState::restricted;
  record({state::AdoptImage{.row = own}});
  EXPECT_TRUE(state.content_pending(false));
  publish();
  const state::ImageRow now = image("db19");
  EXPECT_FALSE(now.copy);
  EXPECT_EQ(now.key, copy.key);
  EXPECT_EQ(now.copied_from, std::nullopt);
  EXPECT_EQ(now.rule, "copy.silver.db19");
  EXPECT_EQ(now.papers, copy.papers);
  EXPECT_EQ(now.identity->origin, self);
  const Catalog catalog = catalog_of(state);
  const ImageEntry* entry = find_entry(catalog, "db19");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->identity.origin, self);
  EXPECT_NE(entry->identity.created, before);
  EXPECT_EQ(entry->parent, parent.identity) << "its lineage stays";
  EXPECT_EQ(state.snapshot().series.front().members.front().image, copy.key);
  state::ImageRow own_parent = image("db18");
  own_parent.rule = "copy.silver.db18";
  record({state::AdoptImage{.row = own_parent}});
  publish();
  const Catalog later = catalog_of(state);
  EXPECT_EQ(find_entry(later, "db19")->parent, find_entry(later, "db18")->identity) << "and follows its parent's";
  EXPECT_EQ(state.snapshot().images_total, 2U);
  expect_refused([&] { record({state::AdoptImage{.row = own}}); }, "own already");
  state.check();
}

}  // namespace
}  // namespace ingot::image_effects_test
