// Renaming without replacing, also where the file system cannot do that in one step.
#pragma once

namespace ingot::io {

/// 0, or errno; EEXIST: `to` is there, and nothing was done. The folders are open ones, or AT_FDCWD.
/// NFS, 9p and most FUSE file systems have no RENAME_NOREPLACE. There a file gets its name by link(), which never replaces. What
/// cannot be linked (every folder) is renamed once a look found the name free: a folder replaces at most an empty folder then.
int rename_without_replacing(int from_folder, const char* from, int to_folder, const char* to) noexcept;

}  // namespace ingot::io
