#include "state/engine/state_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/error.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::state {

namespace {

constexpr std::array<const char*, 3> suffixes{"-wal", "-shm", "-journal"};

constexpr off_t smallest_database = 512;  ///< one page of the smallest size

std::string reason() { return std::generic_category().message(errno); }

/// Opens, syncs and closes a file or folder.
void sync_path(const std::string& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw Error(Fault::local, fmt::format("cannot open \"{}\": {}", path, reason()));
  const bool synced = fsync(descriptor) == 0;
  const std::string why = synced ? std::string() : reason();
  close(descriptor);
  if (!synced) throw Error(Fault::local, fmt::format("cannot make \"{}\" durable: {}", path, why), "check the disk");
}

/// 0 or an errno.
int rename_new(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // This file system cannot rename without replacing; a name given by link() never replaces either.
  if (link(from.c_str(), to.c_str()) != 0 || unlink(from.c_str()) != 0) return errno;
  return 0;
}

[[noreturn]] void throw_exists(const std::string& path) {
  throw Error(Fault::local, fmt::format("cannot make the state \"{}\": something has that name already", path),
              "choose another name, or use the state that is there");
}

}  // namespace

void check_state_file(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT)
      throw Error(Fault::local, fmt::format("there is no state \"{}\"", path),
                  "make one with \"ingot init\", or put back a backup");
    throw Error(Fault::local, fmt::format("cannot look at the state \"{}\": {}", path, reason()),
                "check the rights of its folder");
  }
  if (S_ISLNK(status.st_mode)) {
    throw Error(Fault::local, fmt::format("the state \"{}\" is a symbolic link", path), "give the file itself in the manifest");
  }
  if (!S_ISREG(status.st_mode))
    throw Error(Fault::local, fmt::format("the state \"{}\" is not a regular file", path), "name a file in the manifest");
  if (status.st_nlink > 1) {
    throw Error(Fault::local, fmt::format("the state \"{}\" has {} names (hard links)", path, status.st_nlink),
                "remove the other names: a database that is used under two names breaks");
  }
  if (status.st_size < smallest_database) {  // SQLite takes what is shorter for a new one
    throw Error(Fault::local,
                fmt::format("the state \"{}\" is damaged: it {}", path, status.st_size == 0 ? "is empty" : "is cut off"),
                "restore its newest backup, or run \"ingot state rebuild\", which rebuilds it from the store")
        .with_code(Code::damaged_state);
  }
}

bool can_write_beside(const std::string& path) {
  return access(path.c_str(), W_OK) == 0 && access(parent_folder(path).c_str(), W_OK | X_OK) == 0;
}

std::uint64_t file_size(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool has_log(const std::string& path) { return file_size(path + "-wal") > 0; }

void require_no_log(const std::string& path) {
  struct stat log {};
  const bool there = lstat((path + "-wal").c_str(), &log) == 0;
  if (there ? log.st_size > 0 : errno != ENOENT) {
    throw Error(Fault::local, fmt::format("cannot finish \"{}\": what its log holds was not taken into the file", path),
                "check the disk");
  }
  for (const char* const suffix : suffixes) unlink((path + suffix).c_str());
}

void make_private_file(const std::string& path) {
  const int descriptor = open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    if (errno == EEXIST) throw_exists(path);
    throw Error(Fault::local, fmt::format("cannot make \"{}\": {}", path, reason()), "check its folder and the disk");
  }
  const bool moded = fchmod(descriptor, 0600) == 0;
  const std::string why = moded ? std::string() : reason();
  close(descriptor);
  if (!moded) throw Error(Fault::local, fmt::format("cannot set the mode of \"{}\": {}", path, why));
}

void make_durable(const std::string& path) {
  sync_path(path, O_NOFOLLOW);
  sync_path(parent_folder(path), O_DIRECTORY);
}

void publish_file(const std::string& from, const std::string& to) {
  sync_path(from, O_NOFOLLOW);
  const int code = rename_new(from, to);
  if (code == EEXIST) throw_exists(to);
  if (code != 0)
    throw Error(Fault::local, fmt::format("cannot rename \"{}\" to \"{}\": {}", from, to, std::generic_category().message(code)));
  sync_path(parent_folder(to), O_DIRECTORY);
}

void remove_database(const std::string& path) noexcept {
  unlink(path.c_str());
  try {
    for (const char* const suffix : suffixes) unlink((path + suffix).c_str());
  } catch (...) {
    // No memory for a name: what is left over is removed by the next attempt.
    return;
  }
}

}  // namespace ingot::state
