// Processes that work in an export are seen, each way that there is.
#include "reconciler/exports/in_use.hpp"

#include <cerrno>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include "reconciler/exports/mounted_paths.hpp"
#include "tests/exports/exporting.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/process.hpp"

namespace ingot::in_use_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using testing::HasSubstr;

class InUse : public testing::Test, protected Exporting {
 protected:
  InUse() {
    put_tree("a");
    put_tree("ab");
  }
  /// Waits until somebody uses the export "a"; "" if nobody does after 20 seconds.
  std::string use() const {
    for (int i = 0; i < 400; ++i) {
      const auto found = exports::uses_of({to + "/a", to + "/ab"});
      EXPECT_FALSE(found.contains(to + "/ab"));
      if (const auto one = found.find(to + "/a"); one != found.end()) return one->second;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return "";
  }
  const std::string log = outer / "log";
};

TEST_F(InUse, nobody_uses_what_nobody_uses) { EXPECT_TRUE(exports::uses_of({to + "/a", to + "/gone"}).empty()); }

TEST_F(InUse, sees_a_working_folder) {
  const Running shell({.arguments = {"sleep", "600"}, .folder = to + "/a/bin", .environment = {}}, log);
  EXPECT_THAT(use(), HasSubstr("has its working folder there"));
}

TEST_F(InUse, sees_an_open_file) {
  const Running shell({.arguments = {"sh", "-c", "exec 5<" + to + "/a/bin/run; exec sleep 600"}, .folder = "", .environment = {}},
                      log);
  EXPECT_THAT(use(), HasSubstr("has a file open there"));
}

TEST_F(InUse, sees_a_running_program) {
  fs::copy_file("/bin/sleep", to + "/a/bin/sleep");
  const Running program({.arguments = {to + "/a/bin/sleep", "600"}, .folder = "", .environment = {}}, log);
  EXPECT_THAT(use(), HasSubstr("runs a program there"));
}

TEST_F(InUse, sees_it_through_a_link_too) {
  fs::create_directory_symlink(to, outer / "short");
  const Running shell({.arguments = {"sleep", "600"}, .folder = to + "/a", .environment = {}}, log);
  ASSERT_NE(use(), "");
  EXPECT_TRUE(exports::uses_of({outer / "short/a"}).contains(outer / "short/a"));
}

TEST_F(InUse, sees_it_in_another_mount_namespace_under_another_path) {
  const std::string elsewhere = outer / "elsewhere";
  fs::create_directory(elsewhere);
  const std::string script =
      "mount --bind " + to + "/a/bin " + elsewhere + " && cd / && exec 5<" + elsewhere + "/run; exec sleep 600";
  const Running other({.arguments = {"unshare", "--mount", "sh", "-c", script}, .folder = "", .environment = {}}, log);
  const std::string said = in_child([&]() -> std::string { return have_own_mounts() ? "" : "this user may not mount"; });
  if (!said.empty()) GTEST_SKIP() << said;
  EXPECT_THAT(use(), HasSubstr("has a file open there"));
}

TEST_F(InUse, is_an_error_where_it_cannot_look) {
  const std::string said = in_child([&]() -> std::string {
    refuse_call(SYS_openat, EMFILE);  // a limit on descriptors would also take those that sanitizers need
    exports::uses_of({to + "/a"});
    return "it said that nobody uses it";
  });
  EXPECT_THAT(said, HasSubstr("Too many open files"));
}

const std::string mounts_of_a_host =
    "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    "30 20 8:2 / /u01 rw - xfs /dev/sdb rw\n"
    "31 30 8:2 /gold/a /u01/bound rw - xfs /dev/sdb rw\n"
    "32 20 8:3 / /mnt/with\\040blank rw - xfs /dev/sdc rw\n"
    "40 20 8:4 / /x/y rw - xfs /dev/sdd rw\n"
    "41 20 8:5 / /x rw - xfs /dev/sde rw\n"
    "42 41 8:6 /sub /x rw - xfs /dev/sdf rw\n";

TEST(MountedPaths, are_found_on_their_device) {
  const exports::MountedPaths mounts(mounts_of_a_host);
  using Place = exports::PlaceOnDevice;
  EXPECT_EQ(mounts.locate("/"), (Place{"8:1", "/"}));
  EXPECT_EQ(mounts.locate("/u01x"), (Place{"8:1", "/u01x"}));
  EXPECT_EQ(mounts.locate("/u01"), (Place{"8:2", "/"}));
  EXPECT_EQ(mounts.locate("/u01/gold/a/b"), (Place{"8:2", "/gold/a/b"}));
  EXPECT_EQ(mounts.locate("/u01/bound"), (Place{"8:2", "/gold/a"}));
  EXPECT_EQ(mounts.locate("/u01/bound/b"), (Place{"8:2", "/gold/a/b"}));
  EXPECT_EQ(mounts.locate("/mnt/with blank/b"), (Place{"8:3", "/b"}));
  EXPECT_EQ(mounts.locate("/x/y/z"), (Place{"8:6", "/sub/y/z"})) << "later mounts hide what is below them";
}

TEST(MountedPaths, tell_where_the_file_system_of_a_path_is_mounted) {
  const exports::MountedPaths mounts(mounts_of_a_host);
  EXPECT_EQ(mounts.mount_point("/u01/gold/not/there"), "/u01");
  EXPECT_EQ(mounts.mount_point("/u01"), "/u01");
  EXPECT_EQ(mounts.mount_point("/u01x"), "/");
  EXPECT_EQ(exports::MountedPaths("").mount_point("/u01"), "");
}

TEST(MountedPaths, are_nowhere_without_a_root) {
  EXPECT_EQ(exports::MountedPaths("").locate("/a"), std::nullopt);
  EXPECT_EQ(exports::MountedPaths("7 7 8:1 / /a rw\nnonsense\n").locate("/a"), std::nullopt);
  EXPECT_EQ(exports::MountedPaths("7 7 8:1 / / rw\n").locate("/a"), (exports::PlaceOnDevice{"8:1", "/a"}));
}

}  // namespace
}  // namespace ingot::in_use_test
