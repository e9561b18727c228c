// Actions that are recorded together: what waits is never told of, and one that fails takes no other with it.
#include <algorithm>
#include <csignal>
#include <filesystem>

#include <gtest/gtest.h>

#include "reconciler/apply/group.hpp"
#include "reconciler/io/interrupt.hpp"
#include "tests/support/fault_files.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::group_test {
namespace {

using namespace testing_support;
using Lines = std::vector<std::string>;

class group : public testing::Test {
 protected:
  void SetUp() override { here.clock.stands_at = std::chrono::steady_clock::now(); }  // however slow the machine is
  void TearDown() override { io::pretend_interrupted(0); }

  std::vector<plan::Change> adds(int count, int from = 0) {
    std::vector<plan::Change> changes;
    for (int i = from; i < from + count; ++i) {
      const std::string name = "image" + std::to_string(i);
      changes.push_back(add(here, name, "bytes of " + name));
    }
    return changes;
  }
  static std::ptrdiff_t count_of(const FaultFiles& files, const std::string& act) {
    return std::count_if(files.journal().begin(), files.journal().end(),
                         [&](const std::string& line) { return line.starts_with(act); });
  }
  apply::Account apply_on(FaultFiles& files, const std::vector<plan::Change>& changes) {
    here.reopen(&files);
    files.start_over();
    apply::Account account = here.apply(changes);
    here.reopen();
    return account;
  }

  /// Images that a reader of the state file sees now. Not by the server's own State: who watches the disk holds a lock.
  std::size_t recorded_images() const {
    const auto state = state::State::open(here.manifest.server.state, state::Access::read_only);
    const auto images = state.snapshot().images;
    return static_cast<std::size_t>(std::count_if(images.begin(), images.end(), [](const auto& row) { return !row.deleted; }));
  }

  TestFolder folder{quick_folder()};
  TestServer here{folder.path(), "here"};
  FaultFiles disk;
};

TEST_F(group, what_is_not_durable_under_its_name_is_neither_recorded_nor_told_of) {
  bool synced_names = false;
  std::size_t syncs = 0;
  disk.watch = [&](const std::string& line) {
    if (line.starts_with("sync_file_system ") && ++syncs == 2) synced_names = true;
    if (synced_names || !line.starts_with("rename ")) return;
    EXPECT_EQ(recorded_images(), 0U);
    for (const std::string& told : here.events.lines()) EXPECT_FALSE(told.starts_with("done ")) << told;
  };
  EXPECT_EQ(apply_on(disk, adds(20)).done.size(), 20U);
  EXPECT_EQ(syncs, 2U) << "20 actions wait for the disk together";
  EXPECT_EQ(here.image_names().size(), 20U);
  const Lines lines = here.events.lines();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](const std::string& line) { return line.starts_with("done "); }), 20);
}

TEST_F(group, has_at_most_so_many_actions) {
  EXPECT_EQ(apply_on(disk, adds(static_cast<int>(apply::Group::most_actions) * 2)).done.size(), apply::Group::most_actions * 2);
  EXPECT_EQ(count_of(disk, "sync_file_system "), 4);
}

TEST_F(group, one_that_has_no_source_fails_alone) {
  std::vector<plan::Change> changes = adds(10);
  std::filesystem::remove(here.folder() + "/sources/image1");
  const apply::Account account = apply_on(disk, changes);
  EXPECT_EQ(account.done.size(), 9U);
  ASSERT_EQ(account.failed.size(), 1U);
  EXPECT_EQ(account.failed[0].address.text, "image.image1");
  EXPECT_EQ(here.image_names().size(), 9U);
}

TEST_F(group, one_whose_bytes_the_disk_did_not_take_fails_alone) {
  std::vector<plan::Change> changes = adds(10);
  disk.only = "write_out ";
  disk.fail_at = 3;  // the bytes of the second; each has papers too
  const apply::Account account = apply_on(disk, changes);
  EXPECT_EQ(account.done.size(), 9U);
  ASSERT_EQ(account.failed.size(), 1U);
  EXPECT_EQ(account.failed[0].address.text, "image.image1");
  EXPECT_EQ(std::get<Failed>(account.failed[0].outcome).code, Code::io);
  EXPECT_EQ(here.image_names().size(), 9U);
  const auto record = here.state().run(here.state().last_run()->start.id);
  EXPECT_EQ(record->done, 9U);
  EXPECT_EQ(record->failed, 1U);
}

TEST_F(group, one_whose_effects_contradict_the_state_fails_alone) {
  std::vector<plan::Change> changes = adds(3);
  changes.push_back(
      change_of(image_address(ImageName::of("nobody")), plan::DeleteImage{.key = 12345, .name = ImageName::of("nobody")}));
  for (plan::Change& more : adds(3, 3)) changes.push_back(std::move(more));
  const apply::Account account = apply_on(disk, changes);
  EXPECT_EQ(account.done.size(), 6U);
  ASSERT_EQ(account.failed.size(), 1U);
  EXPECT_EQ(account.failed[0].address.text, "image.nobody");
}

TEST_F(group, the_next_that_needs_one_which_failed_is_not_begun) {
  std::vector<plan::Change> changes = adds(2);
  changes.push_back(add(local_image("child", here.source("child", "child")), {"image.image1"}));
  disk.only = "sync " + here.folder() + "/store/staging";
  disk.fail_at = 3;  // two actions: each file by itself
  const apply::Account account = apply_on(disk, changes);
  EXPECT_EQ(lines_of(account), (Lines{"done image.image0", "failed image.image1 io",
                                      "skipped image.child depends on \"image.image1\", which failed"}));
}

TEST_F(group, names_and_bytes_of_others_in_it_are_found) {
  LocalImage child = local_image("child", here.source("child", "bytes of child"));
  child.parent = ImageName::of("parent");
  LocalImage secret = local_image("secret", here.source("secret", "bytes of parent"));
  secret.is_private = true;
  const apply::Account account = apply_on(
      disk, {add(here, "parent", "bytes of parent"), add(child), add(secret), series_change("s", {"parent", "child"}),
             change_of(series_address(SeriesName::of("t")),
                       plan::CreateSeries{.name = SeriesName::of("t"), .members = {ImageName::of("secret")}, .follow = {}}),
             publish_change()});
  EXPECT_EQ(account.exit_code, 0) << testing::PrintToString(here.events.lines());
  EXPECT_EQ(here.image("child").parent, here.image("parent").key);
  for (const state::SeriesRow& row : here.state().snapshot().series)
    EXPECT_EQ(row.members.size(), row.name.text() == "s" ? 2U : 1U);
  EXPECT_EQ(here.tree().faults, Lines());
  const Packed packed = here.state().object(here.image("secret").digest)->packed;
  EXPECT_TRUE(here.store().path_of(packed.file)->starts_with(here.public_folder())) << "one place for the same bits";
}

TEST_F(group, what_waits_is_recorded_when_the_run_is_interrupted) {
  InterruptingEvents events;
  events.at = 4;
  here.events_to = &events;
  const apply::Account account = here.apply(adds(10));
  EXPECT_EQ(account.exit_code, 130);
  EXPECT_EQ(account.done.size(), 4U);
  EXPECT_EQ(account.not_started.size(), 6U);
  EXPECT_EQ(here.image_names().size(), 4U);
}

TEST_F(group, what_waits_for_long_is_recorded_while_the_next_is_under_way) {
  std::vector<plan::Change> changes = adds(4);
  std::size_t recorded = 0;
  disk.watch = [&](const std::string& line) {
    if (!line.starts_with("open " + here.folder() + "/store/staging")) return;
    here.clock.passed += apply::Group::longest_wait;
    recorded = std::max(recorded, recorded_images());
  };
  EXPECT_EQ(apply_on(disk, changes).done.size(), 4U);
  EXPECT_GE(recorded, 2U);
}

TEST_F(group, one_that_was_under_way_when_a_group_ended_waits_no_longer_than_others) {
  const state::RunStart start{.id = "20260101T000000Z-000001",
                              .started = here.clock.now(),
                              .command = "apply",
                              .actor = "tester@here",
                              .manifest_path = "ingot.toml",
                              .manifest_digest = {},
                              .git = std::nullopt,
                              .plan_id = "plan",
                              .planned = 1};
  here.state().begin_run(start);
  apply::Journal journal(here.state(), here.clock, start.id);
  apply::ImageNames names({}, plan_of({}));
  Lines recorded;
  const auto note = [&](const apply::Waiting& member, const Outcome&) { recorded.push_back(member.change.address.text); };
  apply::Group tested(here.store(), journal, names, here.clock,
                      {.recorded = note, .cannot_record = [](const Error& error) { FAIL() << error.what(); }});
  const plan::Change change = create_type("TYPE");
  const std::int64_t number = tested.begin(change);
  tested.end();
  tested.add({.action = 0, .change = change, .number = number, .result = apply::ActionEffects{}});
  tested.end_if_waited_long();
  EXPECT_EQ(recorded, Lines());
  here.clock.passed += apply::Group::longest_wait;
  tested.end_if_waited_long();
  EXPECT_EQ(recorded, (Lines{"imagetype.TYPE"}));
}

TEST_F(group, actions_that_change_only_the_state_are_one_transaction) {
  std::vector<plan::Change> changes;
  for (int i = 0; i < 50; ++i) changes.push_back(create_type("TYPE" + std::to_string(i)));
  const std::uint64_t before = here.state().generation();
  const apply::Account account = apply_on(disk, changes);
  EXPECT_EQ(account.done.size(), 50U) << testing::PrintToString(here.events.lines());
  EXPECT_LE(here.state().generation(), before + 2);
  EXPECT_EQ(count_of(disk, "sync"), 0);
}

}  // namespace
}  // namespace ingot::group_test
