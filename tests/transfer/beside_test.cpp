// Places beside a destination: several processes may make theirs at once, and nothing but what was made is removed.
#include "reconciler/transfer/beside.hpp"

#include <filesystem>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/in_child.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::beside_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;

/// Makes a place for `destination` again and again. How often what was made was gone, or another's, while it was in use; 255: it
/// could not be made.
int lost_places(const std::string& destination, ImageKind kind, int times) {
  int lost = 0;
  try {
    for (int i = 0; i < times; ++i) {
      const transfer::Beside place(destination, kind);
      ::usleep(20);  // long enough for a removal that has begun
      struct stat made {};
      struct stat there {};
      const bool is_there =
          fstat(place.made().get(), &made) == 0 && stat(place.made_path().c_str(), &there) == 0 && made.st_ino == there.st_ino;
      if (!is_there && lost < 100) ++lost;
    }
  } catch (const std::exception&) { return 255; }
  return lost;
}

TEST(Beside, of_one_process_is_never_taken_for_a_left_over_by_another) {
  constexpr int processes = 4;
  constexpr int times = 3000;
  for (const ImageKind kind : {ImageKind::tree, ImageKind::file}) {
    const TestFolder box(quick_folder());
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i) {
      const pid_t child = fork();
      ASSERT_GE(child, 0);
      if (child == 0) _exit(lost_places(box / "out", kind, times));
      children.push_back(child);
    }
    for (const pid_t child : children) {
      int status = 0;
      ASSERT_EQ(waitpid(child, &status, 0), child);
      ASSERT_TRUE(WIFEXITED(status));
      EXPECT_EQ(WEXITSTATUS(status), 0);
    }
    EXPECT_TRUE(fs::is_empty(box.path()));
  }
}

TEST(RemoveTree, does_not_go_into_what_is_mounted) {
  const TestFolder box;
  fs::create_directories(box / "a/b/c");
  fs::create_directories(box / "a/d");
  write_text(box / "a/d/own", "own");
  fs::create_directories(box / "disk");
  write_text(box / "disk/theirs", "theirs");
  const std::string said = in_child([&]() -> std::string {
    // Of another file system, and of the same.
    if (!have_own_mounts() || !mount_on(box / "disk", box / "a/b/c") || !mount_memory(box / "a/d")) return "skip";
    write_text(box / "a/d/theirs", "theirs");
    const int folder = ::open(box.path().c_str(), O_RDONLY | O_DIRECTORY);
    transfer::remove_tree(folder, "a");
    ::close(folder);
    if (!fs::exists(box / "a/b/c/theirs") || !fs::exists(box / "a/d/theirs")) return "the files of a mount are gone";
    return "fine";
  });
  if (said == "skip") GTEST_SKIP() << "this user may not mount";
  EXPECT_EQ(said, "fine");
  EXPECT_TRUE(fs::exists(box / "disk/theirs"));
}

}  // namespace
}  // namespace ingot::beside_test
