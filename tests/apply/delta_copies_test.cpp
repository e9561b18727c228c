// Copies that come by a delta: what is recorded of them, and that nothing which was fetched is lost before that.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fault_files.hpp"
#include "tests/support/noise.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::delta_copies_test {
namespace {

using namespace testing_support;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class delta_copies : public testing::Test {
 protected:
  delta_copies() {
    oslo.manifest.server.deltas = DeltaRules{.size = 0};
    const plan::MakeDelta delta{.image = ImageName::of("b"), .base = ImageName::of("a")};
    oslo.apply({add(oslo, "a", noise(20'000)), add(oslo, "b", noise(20'000) + "and more"),
                change_of(delta_address(delta.image, "0123456789ab"), delta, {"image.a", "image.b"}), publish_change()});
    here.know(oslo);
    here.parallel = 1;
    here.apply({register_change(oslo), copy_change(oslo, "a", {"peer.oslo"})});
  }

  plan::Change copy_by_delta() {
    const state::DeltaRow row = oslo.state().snapshot().deltas.at(0);
    const ImageEntry entry = oslo.entry("b");
    plan::Change change = copy_change(oslo, "b");
    std::get<plan::CopyImage>(change.action).transfer = {.method = plan::Method::delta,
                                                         .from = ImageName::of("a"),
                                                         .bytes = row.file.value().length,
                                                         .steps = {{.base = row.base,
                                                                    .base_size = row.base_size,
                                                                    .result = entry.digest,
                                                                    .result_size = entry.size,
                                                                    .file = *row.file}}};
    return change;
  }
  std::string partial() { return here.store().partial_path(oslo.state().snapshot().deltas.at(0).file.value().digest); }
  /// The peer has it no more: a copy of "b" has to be fetched whole.
  void lose_the_delta() {
    std::filesystem::remove(oslo.public_folder() + "/" +
                            transfer::object_path(oslo.state().snapshot().deltas.at(0).file.value().digest));
  }
  /// The least `max_bytes` with which a run that begins with the delta can fetch "b" whole.
  std::uint64_t least_max_bytes() {
    return oslo.state().snapshot().deltas.at(0).file.value().length + oslo.entry("b").packed->file.length;
  }
  bool whole_was_told() {
    const auto lines = here.events.lines();
    return std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
      return line.find("bad-delta") != std::string::npos && line.find("the whole image is fetched") != std::string::npos;
    });
  }
  std::string how_it_came(const std::string& address) { return here.state().runs_of({address}).at(0).actions.at(0).text; }

  TestFolder folder{quick_folder()};
  TestServer oslo{folder.path(), "oslo"};
  TestServer here{folder.path(), "here"};
};

TEST_F(delta_copies, the_history_says_how_the_bytes_came) {
  EXPECT_THAT(how_it_came("copy.oslo.a"), AllOf(StartsWith("whole, "), HasSubstr(" fetched")));
  const apply::Account account = here.apply({copy_by_delta()});
  ASSERT_EQ(account.exit_code, 0) << testing::PrintToString(here.events.lines());
  EXPECT_THAT(how_it_came("copy.oslo.b"), AllOf(StartsWith("by 1 delta from a, "), HasSubstr(" fetched")));
  EXPECT_EQ(account.done.at(0).fetched, oslo.state().snapshot().deltas.at(0).file.value().length);
  EXPECT_FALSE(std::filesystem::exists(partial()));
}

TEST_F(delta_copies, what_was_fetched_stays_until_the_image_is_recorded) {
  struct Killed {};
  FaultFiles disk;
  here.reopen(&disk);
  disk.watch = [&](const std::string& line) {
    if (line.find("/papers/") != std::string::npos) throw Killed{};
  };
  EXPECT_THROW(here.apply({copy_by_delta()}), Killed);
  EXPECT_TRUE(std::filesystem::exists(partial()));
  here.reopen();
  const apply::Account account = here.apply({copy_by_delta()});
  EXPECT_EQ(account.exit_code, 0);
  EXPECT_EQ(account.done.at(0).fetched, 0U);
  EXPECT_FALSE(std::filesystem::exists(partial()));
}

TEST_F(delta_copies, a_whole_image_that_never_fits_max_bytes_is_a_failure) {
  lose_the_delta();
  here.manifest.limits.max_bytes = least_max_bytes() - 1;
  const apply::Account account = here.apply({copy_by_delta()});
  EXPECT_EQ(account.exit_code, 3);
  ASSERT_EQ(account.failed.size(), 1U);
  const auto& failed = std::get<Failed>(account.failed[0].outcome);
  EXPECT_EQ(failed.code, Code::does_not_fit);
  EXPECT_THAT(failed.text, AllOf(HasSubstr("bad-delta"), HasSubstr("raise max_bytes")));
  EXPECT_FALSE(whole_was_told());
  here.manifest.limits.max_bytes = least_max_bytes();
  EXPECT_EQ(here.apply({copy_by_delta()}).exit_code, 0) << testing::PrintToString(here.events.lines());
  EXPECT_TRUE(whole_was_told());
}

TEST_F(delta_copies, a_whole_image_that_another_copy_leaves_no_room_for_is_deferred) {
  oslo.apply({add(oslo, "c", noise(5'000) + "c"), publish_change()});
  lose_the_delta();
  const plan::Change other = copy_change(oslo, "c");
  here.manifest.limits.max_bytes = least_max_bytes() + plan::transfer_of(other.action)->bytes - 1;
  const apply::Account account = here.apply({other, copy_by_delta()});
  EXPECT_EQ(account.exit_code, 0) << testing::PrintToString(here.events.lines());
  ASSERT_EQ(account.not_started.size(), 1U);
  const auto& skipped = std::get<Skipped>(account.not_started[0].outcome);
  EXPECT_TRUE(skipped.deferred);
  EXPECT_TRUE(skipped.in_vain) << "no bytes of it are kept";
  EXPECT_FALSE(whole_was_told());
  EXPECT_EQ(here.apply({copy_by_delta()}).exit_code, 0);
  EXPECT_EQ(here.image_names(), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(delta_copies, what_is_here_of_a_whole_image_does_not_count_for_max_bytes) {
  lose_the_delta();
  const ImageEntry entry = oslo.entry("b");
  std::filesystem::copy_file(oslo.store().path_of(entry.packed->file).value(), here.store().partial_path(entry.digest));
  std::filesystem::resize_file(here.store().partial_path(entry.digest), 12'000);
  here.manifest.limits.max_bytes = least_max_bytes() - 8'000;
  EXPECT_EQ(here.apply({copy_by_delta()}).exit_code, 0) << testing::PrintToString(here.events.lines());
}

/// Its base cannot be read: the image is published without a delta, and the run says why.
TEST_F(delta_copies, a_delta_of_damaged_bytes_is_left_and_told) {
  const Packed packed = oslo.state().object(oslo.image("a").digest).value().packed;
  oslo.apply({add(oslo, "c", noise(20'000) + "other")});
  std::fstream(oslo.store().path_of(packed.file).value(), std::ios::in | std::ios::out).seekp(9'000).write("rotten", 6);
  const plan::MakeDelta delta{.image = ImageName::of("c"),
                              .image_digest = oslo.image("c").digest,
                              .base = ImageName::of("a"),
                              .base_digest = oslo.image("a").digest};
  const apply::Account account = oslo.apply({change_of(delta_address(delta.image, "0123456789ab"), delta)});
  EXPECT_EQ(account.exit_code, 0);
  ASSERT_EQ(account.not_started.size(), 1U);
  EXPECT_THAT(std::get<Skipped>(account.not_started[0].outcome).why, AllOf(HasSubstr("\"a\""), HasSubstr("verify --repair")));
  EXPECT_TRUE(oslo.tree().offered.contains("c"));
}

}  // namespace
}  // namespace ingot::delta_copies_test
