#include "reconciler/io/disk/rename_new.hpp"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::io {

namespace {

/// EPERM: of container runtimes that refuse system calls they do not know.
bool lacks_no_replace(int error) { return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == EPERM; }

int link_then_unlink(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  if (linkat(from_folder, from, to_folder, to, 0) != 0) return errno;
  return unlinkat(from_folder, from, 0) == 0 ? 0 : errno;
}

int look_then_rename(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  struct stat status {};
  if (fstatat(to_folder, to, &status, AT_SYMLINK_NOFOLLOW) == 0) return EEXIST;
  if (errno != ENOENT) return errno;
  return renameat(from_folder, from, to_folder, to) == 0 ? 0 : errno;
}

}  // namespace

int rename_without_replacing(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  if (renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE) == 0) return 0;
  if (!lacks_no_replace(errno)) return errno;
  struct stat status {};
  if (fstatat(from_folder, from, &status, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  if (S_ISREG(status.st_mode)) {
    const int error = link_then_unlink(from_folder, from, to_folder, to);
    const bool lacks_links = lacks_no_replace(error) || error == EMLINK || error == EXDEV;
    if (!lacks_links) return error;
  }
  return look_then_rename(from_folder, from, to_folder, to);
}

}  // namespace ingot::io
