#include "reconciler/io/disk/file_system.hpp"

#include <array>

#include <gtest/gtest.h>
#include <linux/magic.h>

#include "tests/support/test_folder.hpp"

namespace ingot::file_system_test {
namespace {

constexpr std::array<std::uint64_t, 5> local{EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, TMPFS_MAGIC, 0x2FC12FC1};
constexpr std::array<std::uint64_t, 8> others{FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC,       CIFS_SUPER_MAGIC,  SMB2_SUPER_MAGIC,
                                              V9FS_MAGIC,       OVERLAYFS_SUPER_MAGIC, MSDOS_SUPER_MAGIC, 0x12345678};

TEST(file_system, is_synced_as_a_whole_only_where_that_is_known_to_make_bytes_durable) {
  for (const std::uint64_t type : local) EXPECT_TRUE(io::is_synced_as_a_whole(type)) << std::hex << type;
  for (const std::uint64_t type : others) EXPECT_FALSE(io::is_synced_as_a_whole(type)) << std::hex << type;
}

TEST(file_system, that_cannot_be_looked_at_is_not_synced_as_a_whole) {
  const testing_support::TestFolder folder;
  EXPECT_FALSE(io::is_synced_as_a_whole(folder / "none"));
}

TEST(file_system, of_a_folder_decides) {
  if (testing_support::quick_folder() != "/dev/shm/") GTEST_SKIP() << "no tmpfs here";
  EXPECT_TRUE(io::is_synced_as_a_whole(std::string("/dev/shm")));
  EXPECT_FALSE(io::is_synced_as_a_whole(std::string("/proc")));
}

}  // namespace
}  // namespace ingot::file_system_test
