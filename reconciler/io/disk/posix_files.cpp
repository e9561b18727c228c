// The disk itself. Every call is repeated on EINTR, every short write goes on, every result is looked at.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fmt/format.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/file_system.hpp"
#include "reconciler/io/disk/files.hpp"
#include "reconciler/io/disk/owned_descriptor.hpp"
#include "reconciler/io/disk/rename_new.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::io {

namespace {

/// Repeats a system call that a signal interrupted.
template <class Call>
auto again(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

FileStatus status_of(const struct stat& found) {
  FileStatus status;
  status.kind = S_ISREG(found.st_mode)   ? EntryKind::file
                : S_ISDIR(found.st_mode) ? EntryKind::folder
                : S_ISLNK(found.st_mode) ? EntryKind::link
                                         : EntryKind::other;
  status.size = static_cast<std::uint64_t>(found.st_size);
  status.on_disk = static_cast<std::uint64_t>(found.st_blocks) * 512;  // POSIX counts blocks of 512 bytes, whatever st_blksize
  status.mtime_seconds = found.st_mtim.tv_sec;
  status.mtime_nanoseconds = found.st_mtim.tv_nsec;
  status.mode = found.st_mode & 07777U;
  status.device = found.st_dev;
  status.inode = found.st_ino;
  return status;
}

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;
  ~PosixFile() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  void write_all(std::string_view bytes) override {
    const std::uint64_t end = written_ ? *written_ : status().size;
    write_at(end, bytes);
  }

  void write_at(std::uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const auto written = again([&] { return ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
      if (written < 0) throw file_error("write", path_, errno);
      if (written == 0) throw file_error("write", path_, EIO);
      offset += static_cast<std::uint64_t>(written);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    written_ = std::max(written_.value_or(0), offset);
  }

  std::size_t read_at(std::uint64_t offset, std::span<char> into) override {
    std::size_t done = 0;
    while (done < into.size()) {
      const auto count =
          again([&] { return ::pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done)); });
      if (count < 0) throw file_error("read", path_, errno);
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

  void allocate(std::uint64_t length) override {
    const int result = again([&] { return ::fallocate(descriptor_, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(length)); });
    if (result == 0 || length == 0) return;
    if (errno == EOPNOTSUPP || errno == ENOSYS) return;
    throw file_error("reserve space for", path_, errno);
  }

  void start_writeback(std::uint64_t offset, std::uint64_t length) override {
    ::sync_file_range(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(length), SYNC_FILE_RANGE_WRITE);
  }

  void truncate(std::uint64_t length) override {
    if (again([&] { return ::ftruncate(descriptor_, static_cast<off_t>(length)); }) != 0)
      throw file_error("truncate", path_, errno);
    written_ = length;
  }

  void set_mode(mode_t mode) override {
    if (::fchmod(descriptor_, mode) != 0) throw file_error("set the mode of", path_, errno);
  }

  void set_mtime(Time time) override {
    // Both times: file systems on libfuse 2 ignore one time alone, and say that it was set.
    const std::array<timespec, 2> times = {timespec{0, UTIME_NOW}, timespec{time.time_since_epoch().count(), 0}};
    if (::futimens(descriptor_, times.data()) != 0) throw file_error("set the time of", path_, errno);
  }

  void sync() override {
    // Never repeated after a failure: the kernel has dropped the pages by then (fsyncgate).
    if (again([&] { return ::fsync(descriptor_); }) != 0) throw file_error("sync", path_, errno);
  }

  void write_out() override {
    // A sync of the file system reports failed writes of bytes only since Linux 5.8, and does not say of which file. This call
    // reports those of this file since it was opened.
    constexpr unsigned start_and_wait = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    if (again([&] { return ::sync_file_range(descriptor_, 0, 0, start_and_wait); }) == 0) return;
    if (errno != ENOSYS && errno != EOPNOTSUPP && errno != EINVAL) throw file_error("write out", path_, errno);
    sync();  // a file system that knows no ranges
  }

  void close() override {
    const int descriptor = std::exchange(descriptor_, -1);
    // On Linux the descriptor is gone also after EINTR, and what was synced stays synced.
    if (descriptor >= 0 && ::close(descriptor) != 0 && errno != EINTR) throw file_error("close", path_, errno);
  }

  FileStatus status() override {
    struct stat found {};
    if (::fstat(descriptor_, &found) != 0) throw file_error("look at", path_, errno);
    return status_of(found);
  }

  std::uint64_t hole_at(std::uint64_t offset) override {
    const off_t data = ::lseek(descriptor_, static_cast<off_t>(offset), SEEK_DATA);
    if (data >= 0) return static_cast<std::uint64_t>(data) - offset;
    const std::uint64_t size = errno == ENXIO ? status().size : 0;  // ENXIO: nothing but a hole is left, or it is the end
    return size > offset ? size - offset : 0;
  }

  std::uint64_t written() override {
    const auto size = static_cast<off_t>(status().size);
    std::uint64_t bytes = 0;
    for (off_t at = 0; at < size;) {
      const off_t data = ::lseek(descriptor_, at, SEEK_DATA);
      if (data < 0 && errno == ENXIO) break;  // nothing but a hole is left
      const off_t hole = data < 0 ? data : ::lseek(descriptor_, data, SEEK_HOLE);
      if (hole < 0) return static_cast<std::uint64_t>(size);
      bytes += static_cast<std::uint64_t>(hole - data);
      at = hole;
    }
    return bytes;
  }

 private:
  int descriptor_;
  std::string path_;
  std::optional<std::uint64_t> written_;  ///< the end of what was written so far
};

constexpr int always = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;  // a FIFO must not hang us

int open_descriptor(const std::string& path, int flags, mode_t mode) {
  return again([&] { return ::open(path.c_str(), flags | always, mode); });
}

struct Opened {
  int descriptor = -1;
  bool created = false;
};

Opened open_or_create(const std::string& path, mode_t mode) {
  for (;;) {
    const int existing = open_descriptor(path, O_RDWR, 0);
    if (existing >= 0 || errno != ENOENT) return {existing, false};
    const int created = open_descriptor(path, O_RDWR | O_CREAT | O_EXCL, mode);
    if (created >= 0 || errno != EEXIST) return {created, true};
  }
}

Opened open_for(const std::string& path, OpenFor purpose, mode_t mode) {
  switch (purpose) {
    case OpenFor::read: return {open_descriptor(path, O_RDONLY, 0), false};
    case OpenFor::read_write: return {open_descriptor(path, O_RDWR, 0), false};
    case OpenFor::create_new: return {open_descriptor(path, O_RDWR | O_CREAT | O_EXCL, mode), true};
    case OpenFor::create_or_open: return open_or_create(path, mode);
  }
  return {};
}

/// The mode of what was just made. Only file systems without modes refuse it to the owner: FAT by EPERM, FUSE also by ENOSYS.
void give_mode(int descriptor, const std::string& path, FileMode mode) {
  if (::fchmod(descriptor, mode.bits) == 0) return;
  if (!mode.is_demanded && (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS)) return;
  throw file_error("set the mode of", path, errno);
}

struct statvfs space_of(const std::string& path) {
  struct statvfs space {};
  if (again([&] { return ::statvfs(path.c_str(), &space); }) != 0) throw file_error("look at the file system of", path, errno);
  return space;
}

/// The caller owns it.
int open_folder(const std::string& path) {
  const int descriptor = again([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (descriptor < 0) throw file_error("open the folder", path, errno);
  return descriptor;
}

}  // namespace

std::unique_ptr<File> PosixFiles::open(const std::string& path, OpenFor purpose, FileMode mode) {
  const auto [descriptor, created] = open_for(path, purpose, mode.bits);
  if (descriptor < 0) throw file_error(created ? "create" : "open", path, errno);
  auto file = std::make_unique<PosixFile>(descriptor, path);
  try {
    const FileStatus status = file->status();
    if (status.kind == EntryKind::folder) throw file_error("open", path, EISDIR);
    if (status.kind != EntryKind::file)
      throw Error(Fault::local, fmt::format("cannot open \"{}\": it is not a regular file", path));
    if (created) give_mode(descriptor, path, mode);
  } catch (const Error&) {
    if (purpose == OpenFor::create_new) ::unlink(path.c_str());  // nobody but this call knows of it
    throw;
  }
  return file;
}

std::optional<FileStatus> PosixFiles::status(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) return status_of(found);
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw file_error("look at", path, errno);
}

void PosixFiles::make_folder(const std::string& path, FileMode mode) {
  make_folder_unsynced(path, mode);
  sync_folder(parent_folder(path));  // also if it was there: perhaps a run died before this line
}

void PosixFiles::make_folder_unsynced(const std::string& path, FileMode mode) {
  if (::mkdir(path.c_str(), mode.bits) == 0) {
    const OwnedDescriptor folder(open_descriptor(path, O_RDONLY | O_DIRECTORY, 0));
    if (folder.get() < 0) throw file_error("open", path, errno);
    give_mode(folder.get(), path, mode);
  } else if (errno == EEXIST) {
    const auto found = status(path);
    if (!found || found->kind != EntryKind::folder) throw file_error("make the folder", path, ENOTDIR);
  } else {
    throw file_error("make the folder", path, errno);
  }
}

void PosixFiles::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw file_error(fmt::format("rename \"{}\" to", from), to, errno);
}

bool PosixFiles::rename_new(const std::string& from, const std::string& to) {
  const int error = rename_without_replacing(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str());
  if (error == EEXIST) return false;
  if (error != 0) throw file_error(fmt::format("rename \"{}\" to", from), to, error);
  return true;
}

bool PosixFiles::link_new(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return true;
  if (errno == EEXIST || errno == EPERM || errno == ENOSYS || errno == EOPNOTSUPP || errno == EMLINK) return false;
  throw file_error(fmt::format("give \"{}\" the second name", from), to, errno);
}

void PosixFiles::sync_folder(const std::string& path) {
  const OwnedDescriptor folder(open_folder(path));
  if (again([&] { return ::fsync(folder.get()); }) != 0) throw file_error("sync the folder", path, errno);
}

bool PosixFiles::is_synced_as_a_whole(const std::string& folder) { return io::is_synced_as_a_whole(folder); }

void PosixFiles::sync_file_system(const std::string& path) {
  const OwnedDescriptor folder(open_folder(path));
  if (again([&] { return ::syncfs(folder.get()); }) != 0) throw file_error("sync the file system of", path, errno);
}

void PosixFiles::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw file_error("remove", path, errno);
}

void PosixFiles::set_mode(const std::string& path, mode_t mode) {
  if (::fchmodat(AT_FDCWD, path.c_str(), mode, AT_SYMLINK_NOFOLLOW) != 0) throw file_error("set the mode of", path, errno);
}

std::vector<std::string> PosixFiles::list(const std::string& path) {
  DIR* const folder = ::opendir(path.c_str());
  if (folder == nullptr) throw file_error("list", path, errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  const int error = errno;
  ::closedir(folder);
  if (error != 0) throw file_error("list", path, error);
  std::sort(names.begin(), names.end());
  return names;
}

std::uint64_t PosixFiles::space_total(const std::string& path) {
  const auto space = space_of(path);
  return std::uint64_t{space.f_blocks} * space.f_frsize;
}

std::uint64_t PosixFiles::space_available(const std::string& path) {
  const auto space = space_of(path);
  return std::uint64_t{space.f_bavail} * space.f_frsize;
}

}  // namespace ingot::io
