// Exports share blocks on a real file system with reflinks: on a loop device, where this user may make one.
#include "reconciler/exports/share_bytes.hpp"

#include <atomic>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tests/exports/exporting.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/process.hpp"

namespace ingot::share_bytes_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;

struct Kind {
  std::string name;
  std::vector<std::string> make;
};

std::uint64_t used_in(const std::string& folder) {
  ::sync();
  struct statvfs found {};
  return ::statvfs(folder.c_str(), &found) == 0 ? (found.f_blocks - found.f_bfree) * found.f_frsize : 0;
}

class ShareBytes : public testing::TestWithParam<Kind>, protected Exporting {};

/// 32 MB that no file system packs, the same each time, with one other byte if `changed`.
std::string content(bool changed) {
  std::string bytes(32 << 20, '\0');
  std::uint64_t state = 88172645463325252ULL;
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    for (std::size_t i = 0; i < 8; ++i) bytes[at + i] = static_cast<char>(state >> (8 * i));
  }
  if (changed) bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] + 1);
  return bytes;
}

TEST_P(ShareBytes, takes_no_second_room_for_what_is_equal) {
  const std::string image = outer / "image";
  write_text(image, "");
  fs::resize_file(image, 512ULL << 20);
  std::vector<std::string> make = GetParam().make;
  make.push_back(image);
  if (run({.arguments = make, .folder = "", .environment = {}}).exit != 0) GTEST_SKIP() << make.front() << " cannot be run";
  const std::string said = in_child([&]() -> std::string {
    fs::create_directory(to);
    if (!have_own_mounts()) return "skip: this user may not mount";
    if (run({.arguments = {"mount", "-o", "loop", image, to}, .folder = "", .environment = {}}).exit != 0)
      return "skip: a loop device cannot be mounted here";
    put_tree("a", content(false));
    exports::Order what = order("b");
    what.like = to + "/a";
    const std::string changed = tree(content(true));
    const std::uint64_t shared = exports::put_image(what, bytes_of(changed), [](const exports::Facts&) {}).shared;
    const bool same = read_text(to + "/b/bin/run") == content(true);
    // btrfs keeps an extent as long as one block of it is used: only what is wholly equal takes no room at all there.
    const std::uint64_t before = used_in(to);
    what.name = "c";
    const std::string equal = tree(content(false));
    exports::put_image(what, bytes_of(equal), [](const exports::Facts&) {});
    const std::uint64_t taken = used_in(to) - before;
    ::umount(to.c_str());
    if (!same) return "the bytes are others";
    if (shared < (30U << 20)) return "shared " + std::to_string(shared);
    if (taken > (6U << 20)) return "took " + std::to_string(taken);
    return "fine";
  });
  if (said.starts_with("skip: ")) GTEST_SKIP() << said.substr(6);
  EXPECT_EQ(said, "fine");
}

INSTANTIATE_TEST_SUITE_P(Reflinks, ShareBytes,
                         testing::Values(Kind{"btrfs", {"mkfs.btrfs", "-q"}}, Kind{"xfs", {"mkfs.xfs", "-q", "-m", "reflink=1"}}),
                         [](const testing::TestParamInfo<Kind>& tested) { return tested.param.name; });

TEST(ShareBytesElsewhere, is_nothing_where_the_file_system_cannot) {
  const TestFolder folder(quick_folder());
  write_text(folder / "a", std::string(200'000, 'x'));
  write_text(folder / "b", std::string(200'000, 'x'));
  EXPECT_EQ(exports::share_bytes(folder / "a", folder / "gone"), 0U);
  exports::share_bytes(folder / "a", folder / "b");
  EXPECT_EQ(read_text(folder / "a"), std::string(200'000, 'x'));
}

/// A pipe tells whether it was opened, also on a file system that cannot share.
TEST(ShareBytesElsewhere, follows_no_link_of_the_older_export) {
  const TestFolder folder;
  for (const char* const top : {"made", "like", "outside"}) fs::create_directories(folder / top + "/d");
  write_text(folder / "made/d/a", std::string(200'000, 'x'));
  ASSERT_EQ(mkfifo((folder / "outside/d/a").c_str(), 0600), 0);
  fs::remove_all(folder / "like/d");
  fs::create_directory_symlink(folder / "outside/d", folder / "like/d");
  // A writer of the pipe can open it without waiting only while somebody reads it.
  std::atomic<bool> done = false, was_opened = false;
  std::thread writer([&] {
    while (!done) {
      const int open = ::open((folder / "outside/d/a").c_str(), O_WRONLY | O_NONBLOCK);
      if (open >= 0) was_opened = true;
      if (open >= 0) ::close(open);
    }
  });
  for (int i = 0; i < 2000; ++i) exports::share_bytes(folder / "made", folder / "like");
  done = true;
  writer.join();
  EXPECT_FALSE(was_opened) << "what the link leads to was opened";
}

}  // namespace
}  // namespace ingot::share_bytes_test
