#include "reconciler/io/disk/file_system.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/vfs.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/printable.hpp"

namespace ingot::io {

std::optional<FileLimit> file_limit(const std::string& folder) {
  struct statfs found {};
  if (::statfs(folder.c_str(), &found) != 0) throw file_error("look at the file system of", folder, errno);
  // FAT keeps a file's length in 32 bits. exFAT has no such limit.
  if (found.f_type == MSDOS_SUPER_MAGIC) return FileLimit{"FAT", 0xFFFF'FFFF};
  return std::nullopt;
}

bool is_synced_as_a_whole(std::uint64_t type) {
  constexpr std::uint64_t zfs = 0x2FC12FC1;  // linux/magic.h has only what is part of Linux
  switch (type) {
    case EXT4_SUPER_MAGIC:  // also ext2 and ext3
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case zfs: return true;
    default: return false;
  }
}

bool is_synced_as_a_whole(const std::string& folder) {
  struct statfs found {};
  return ::statfs(folder.c_str(), &found) == 0 && is_synced_as_a_whole(static_cast<std::uint64_t>(found.f_type));
}

FolderLock::FolderLock(const std::string& folder) : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_.get() < 0) throw file_error("open the folder", folder, errno);
  int locked = 0;
  do locked = ::flock(descriptor_.get(), LOCK_EX | LOCK_NB);
  while (locked != 0 && errno == EINTR);
  if (locked == 0 || errno != EWOULDBLOCK) return;  // a file system without locks: two runs at once cost time, and nothing else
  throw Error(Fault::busy, fmt::format("another run writes to \"{}\"", printable(folder)), "wait until it has ended")
      .about(folder);
}

}  // namespace ingot::io
