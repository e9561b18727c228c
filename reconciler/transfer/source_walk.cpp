#include "reconciler/transfer/source_walk.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <tuple>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/tar_member.hpp"
#include "schema/error.hpp"
#include "schema/glob.hpp"

namespace ingot {

namespace {

constexpr const char* changed = "changed while it was read";

struct WalkedEntry {
  std::string name;  ///< with "/" at its end if it is a folder: so they sort as their paths do
  struct stat status {};
};

std::optional<std::string> why_unsupported(mode_t mode) {
  if (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)) return std::nullopt;
  if (S_ISSOCK(mode)) return "is a socket";
  if (S_ISFIFO(mode)) return "is a FIFO";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "is a device";
  return "is neither a file, a folder nor a link";
}

class Walk {
 public:
  Walk(const std::vector<std::string>& exclude, MemberFaults& faults, const std::function<void(const SourceMember&)>& visit)
      : exclude_(exclude), faults_(faults), visit_(visit) {}

  /// Depth is bounded by deepest_tree, so recursion is too.
  void folder(const Descriptor& open, const std::string& path, std::size_t depth) {
    throw_if_interrupted();
    struct stat before {};
    if (fstat(open.get(), &before) != 0) return faults_.add(path, with_reason("cannot be looked at", errno));
    const auto entries = entries_of(open, path);
    if (!entries) return;
    static const std::string no_name;
    visit_(SourceMember{path, no_name, before, open.get(), nullptr});
    for (const WalkedEntry& entry : *entries) member(open, path, entry, depth);
    struct stat after {};
    if (fstat(open.get(), &after) != 0 || !is_unchanged(before, after)) faults_.add(path, changed);
  }

 private:
  std::optional<std::vector<WalkedEntry>> entries_of(const Descriptor& open, const std::string& path) {
    // A descriptor of its own: closedir closes what it was given, and the position is shared by dup.
    const int own = openat(open.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const FolderListing listing(own < 0 ? nullptr : fdopendir(own));
    if (!listing) {
      faults_.add(path, with_reason("cannot be read", errno));
      return std::nullopt;
    }
    std::vector<WalkedEntry> entries;
    errno = 0;
    while (const dirent* const found = readdir(listing.get())) {
      add_entry(open, path, found->d_name, entries);
      errno = 0;
    }
    if (errno != 0) faults_.add(path, with_reason("cannot be read", errno));
    std::sort(entries.begin(), entries.end(), [](const WalkedEntry& a, const WalkedEntry& b) { return a.name < b.name; });
    return entries;
  }

  void add_entry(const Descriptor& open, const std::string& path, const std::string& name, std::vector<WalkedEntry>& entries) {
    if (name == "." || name == ".." || is_excluded(path + name)) return;
    WalkedEntry entry{name, {}};
    if (fstatat(open.get(), name.c_str(), &entry.status, AT_SYMLINK_NOFOLLOW) != 0) {
      return faults_.add(path + name, errno == ENOENT ? changed : with_reason("cannot be looked at", errno));
    }
    if (const auto why = why_unsupported(entry.status.st_mode)) return faults_.add(path + name, *why);
    if (S_ISDIR(entry.status.st_mode)) entry.name += '/';
    entries.push_back(std::move(entry));
  }

  void member(const Descriptor& open, const std::string& path, const WalkedEntry& entry, std::size_t depth) {
    const std::string full = path + entry.name;
    if (!S_ISDIR(entry.status.st_mode)) {
      visit_(SourceMember{full, entry.name, entry.status, open.get(), first_of_group(full, entry.status)});
      return;
    }
    if (depth + 1 > deepest_tree) return faults_.add(full, fmt::format("lies deeper than {} folders", deepest_tree));
    const Descriptor child(openat(open.get(), entry.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!child) return faults_.add(full, errno == ENOENT || errno == ENOTDIR ? changed : with_reason("cannot be opened", errno));
    folder(child, full, depth + 1);
  }

  bool is_excluded(const std::string& path) const {
    const std::string_view inside = std::string_view(path).substr(2);
    return std::any_of(exclude_.begin(), exclude_.end(),
                       [&](const std::string& glob) { return path_glob_matches(glob, inside); });
  }

  /// Symbolic links with several names are kept as so many links: only files make groups.
  const std::string* first_of_group(const std::string& path, const struct stat& status) {
    if (!S_ISREG(status.st_mode) || status.st_nlink < 2) return nullptr;
    const auto [place, is_first] = groups_.try_emplace({status.st_dev, status.st_ino}, path);
    return is_first ? nullptr : &place->second;
  }

  const std::vector<std::string>& exclude_;
  MemberFaults& faults_;
  const std::function<void(const SourceMember&)>& visit_;
  std::map<std::pair<dev_t, ino_t>, std::string> groups_;
};

std::string without_slashes_at_end(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

[[noreturn]] void refuse_source(const std::string& source, const std::string& why) {
  throw Error(Fault::incomplete, fmt::format("the source \"{}\" {}", printable(source), why))
      .with_code("source-unfit")
      .about(source);
}

}  // namespace

struct stat source_status(const std::string& source) {
  struct stat status {};
  if (lstat(without_slashes_at_end(source).c_str(), &status) != 0) {
    refuse_source(source, errno == ENOENT ? "is not there" : with_reason("cannot be looked at", errno));
  }
  if (S_ISLNK(status.st_mode)) refuse_source(source, "is a symbolic link; name what it points to");
  if (const auto why = why_unsupported(status.st_mode)) refuse_source(source, *why);
  return status;
}

Descriptor open_source(const std::string& source, int flags) {
  Descriptor open(::open(without_slashes_at_end(source).c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!open) refuse_source(source, with_reason("cannot be opened", errno));
  return open;
}

bool is_unchanged(const struct stat& before, const struct stat& after) {
  const auto facts = [](const struct stat& status) {
    return std::tuple(status.st_dev, status.st_ino, status.st_mode, status.st_uid, status.st_gid, status.st_size,
                      status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
  };
  return facts(before) == facts(after);
}

void walk_source(const std::string& source, const std::vector<std::string>& exclude, MemberFaults& faults,
                 const std::function<void(const SourceMember&)>& visit) {
  const Descriptor root = open_source(source, O_RDONLY | O_DIRECTORY);
  Walk(exclude, faults, visit).folder(root, "./", 1);
}

}  // namespace ingot
