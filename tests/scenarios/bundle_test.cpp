// A bundle on a small disk: a file system in memory that is too small, or that fills while the bundle is written.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/mount.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/site.hpp"
#include "tests/support/noise.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing_support::noise;
using testing_support::read_text;
using testing_support::Running;
using testing_support::TestFolder;
namespace fs = std::filesystem;

struct BundleDisk : testing::Test {
  TestFolder folder;
  const std::string stick = folder / "stick";
  bool mounted = false;
  Site gold{folder.path(), "gold"};

  void SetUp() override {
    fs::create_directory(stick);
    gold.manifest(gold.file_image("one", noise(5'000'000)) + gold.file_image("two", noise(20'000'000)));
    gold.apply();
  }
  void TearDown() override {
    if (mounted) ::umount2(stick.c_str(), MNT_DETACH);
  }
  bool mount_small() { return mounted = ::mount("tmpfs", stick.c_str(), "tmpfs", 0, "size=16m") == 0; }
  Ran bundle(std::vector<std::string> more) const {
    more.insert(more.begin(), {"bundle", stick});
    return gold.ingot(more);
  }
};

TEST_F(BundleDisk, a_disk_that_is_too_small_is_named_before_anything_is_written) {
  if (!mount_small()) GTEST_SKIP() << "only root can mount a file system";
  const Ran all = bundle({});
  EXPECT_EQ(all.exit, 6);
  EXPECT_THAT(all.err, AllOf(HasSubstr("16.8 MB free"), HasSubstr("needs 25"), HasSubstr("nothing was written")));
  EXPECT_TRUE(fs::is_empty(stick));
  EXPECT_EQ(bundle({"one"}).exit, 0) << "what fits is taken";
  const std::string head = read_text(stick + "/head.dsse");
  EXPECT_EQ(bundle({"two"}).exit, 6);
  EXPECT_EQ(read_text(stick + "/head.dsse"), head);
  EXPECT_EQ(bundle({"--verify"}).exit, 0);
}

TEST_F(BundleDisk, a_bundle_that_was_killed_is_gone_on_with_and_two_at_once_are_one) {
  const auto begun = [&] {
    if (!fs::exists(stick + "/b")) return false;
    const fs::recursive_directory_iterator files(stick + "/b");
    return std::any_of(begin(files), end(files), [](const auto& one) { return one.path().extension() == ".part"; });
  };
  Running running({.arguments = {INGOT_BINARY, "bundle", stick}, .folder = gold.path(), .environment = {}},
                  folder / "bundle.log");
  for (int i = 0; i < 20'000 && !begun(); ++i) std::this_thread::sleep_for(std::chrono::microseconds(500));
  running.signal(SIGSTOP);
  const bool in_the_middle = begun();
  if (in_the_middle) { EXPECT_EQ(bundle({}).exit, 5) << "another run writes there"; }
  running.signal(SIGKILL);
  running.wait();
  if (in_the_middle) { EXPECT_FALSE(fs::exists(stick + "/head.dsse")); }
  EXPECT_EQ(bundle({}).exit, 0);
  EXPECT_EQ(bundle({"--verify"}).exit, 0);
  EXPECT_FALSE(begun());
}

}  // namespace
}  // namespace ingot::scenarios
