#include "reconciler/io/disk/manifest_files.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/owned_descriptor.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"

namespace ingot::io {

namespace {

using Read = std::variant<std::string, Unreadable>;

/// What is not there, or not for this user, is a mistake in a manifest; a machine that fails is none.
Unreadable unreadable(const std::string& path, int error) {
  switch (error) {
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ESTALE: throw file_error("read", path, error);
    default: return Unreadable{errno_text(error)};
  }
}

Read read_open(int descriptor, const std::string& path) {
  struct stat found {};
  if (::fstat(descriptor, &found) != 0) return unreadable(path, errno);
  if (S_ISDIR(found.st_mode)) return Unreadable{errno_text(EISDIR)};
  if (!S_ISREG(found.st_mode)) return Unreadable{"Not a regular file"};
  const auto wanted = std::min<std::size_t>(static_cast<std::size_t>(found.st_size), largest_manifest + 1);
  std::string text(wanted, '\0');
  std::size_t done = 0;
  while (done < wanted) {
    const ssize_t count = ::read(descriptor, text.data() + done, wanted - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(path, errno);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  text.resize(done);
  return text;
}

Read read_regular(const std::string& path) {
  const OwnedDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return unreadable(path, errno);
  return read_open(file.get(), path);
}

/// glob(3)'s callbacks are given no place of their own.
thread_local std::size_t entries_left = 0;

dirent* next_entry(void* folder) noexcept {
  if (entries_left == 0) return nullptr;
  --entries_left;
  return ::readdir(static_cast<DIR*>(folder));
}
void* open_folder(const char* path) noexcept {
  if (entries_left > 0) return ::opendir(path);
  errno = ENOENT;
  return nullptr;
}
void close_folder(void* folder) noexcept { ::closedir(static_cast<DIR*>(folder)); }

/// What glob(3) looks at is counted, and once it was enough it finds nothing more.
void bound(glob_t& search) {
  entries_left = most_entries_of_glob;
  search.gl_opendir = open_folder;
  search.gl_readdir = next_entry;
  search.gl_closedir = close_folder;
  search.gl_lstat = ::lstat;
  search.gl_stat = ::stat;
}

struct Unopened {
  std::string folder;
  int error = 0;
};
/// The first folder that glob(3), whose callback is given no place of its own, could not look into.
thread_local Unopened unopened;

int keep_unopened(const char* folder, int error) noexcept {
  if (unopened.error != 0 || error == ENOENT || error == ENOTDIR || error == ELOOP) return 0;
  try {
    unopened = {folder, error};
  } catch (...) { unopened.error = ENOMEM; }
  return 1;
}

std::variant<std::vector<std::string>, Unreadable> files_like(const std::string& folder, const std::string& glob) {
  // The folder is no pattern, whatever characters are in its name.
  std::string pattern;
  for (const char c : folder) pattern += c == '*' || c == '?' || c == '[' ? "[" + std::string(1, c) + "]" : std::string(1, c);
  pattern += glob;
  glob_t found{};
  bound(found);
  const std::unique_ptr<glob_t, decltype(&::globfree)> owner(&found, &::globfree);
  unopened = {};
  const int failed = ::glob(pattern.c_str(), GLOB_NOSORT | GLOB_MARK | GLOB_NOESCAPE | GLOB_ALTDIRFUNC, keep_unopened, &found);
  if (failed == GLOB_NOSPACE) unopened.error = ENOMEM;
  if (unopened.error != 0)
    return Unreadable{
        fmt::format("the folder \"{}\": {}", printable(unopened.folder), unreadable(unopened.folder, unopened.error).why)};
  if (entries_left == 0) return too_many_entries();
  if (failed != 0) return std::vector<std::string>{};
  std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  std::erase_if(paths, [](const std::string& path) { return path.back() == '/'; });  // folders
  std::sort(paths.begin(), paths.end());  // by bytes: glob's own order depends on the locale
  return paths;
}

}  // namespace

Unreadable too_many_entries() {
  return {fmt::format("it leads past more than {} files and folders; name the folder with the files", most_entries_of_glob)};
}

ManifestFiles disk_manifest_files() {
  return {.read = read_regular, .glob = files_like, .digest = [](std::string_view bytes) { return sha256(bytes); }};
}

}  // namespace ingot::io
