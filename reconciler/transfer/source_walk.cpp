#include "reconciler/transfer/source_walk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/mounts.hpp"
#include "reconciler/transfer/tar_member.hpp"
#include "schema/error.hpp"
#include "schema/text/glob.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::transfer {

namespace {

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

/// The same place, whatever path leads there.
using Place = std::pair<dev_t, ino_t>;
Place place_of(const struct stat& status) { return {status.st_dev, status.st_ino}; }

/// The places of this server's own that are there.
std::map<Place, std::string> places_of(const std::vector<OwnPlace>& own) {
  std::map<Place, std::string> places;
  for (const auto& [what, path] : own) {
    struct stat status {};
    if (stat(path.c_str(), &status) == 0) places.emplace(place_of(status), what);
  }
  return places;
}

/// Whether two members with one inode number are one file. (Its ctime may differ: it changes with each new name.)
bool seems_one(const struct stat& one, const struct stat& other) {
  const auto facts = [](const struct stat& status) {
    return std::tuple(status.st_mode, status.st_uid, status.st_gid, status.st_size, status.st_mtim.tv_sec,
                      status.st_mtim.tv_nsec);
  };
  return facts(one) == facts(other);
}

class Walk {
 public:
  Walk(const Source& source, MemberFaults& faults, const std::function<void(const SourceMember&)>& visit)
      : source_(source),
        own_(places_of(source.own)),
        mounts_(source.cross_mounts ? std::set<std::string>() : mounts_below(source.path)),
        faults_(faults),
        visit_(visit) {}

  std::set<std::string> walk() {
    const Descriptor root = open_source(source_.path, O_RDONLY | O_DIRECTORY);
    struct stat status {};
    if (fstat(root.get(), &status) == 0) device_ = status.st_dev;
    folder(root, "./", 1);
    return std::move(left_out_);
  }

 private:
  /// Depth is bounded by deepest_tree, so recursion is too.
  void folder(const Descriptor& open, const std::string& path, std::size_t depth) {
    io::throw_if_interrupted();
    struct stat before {};
    if (fstat(open.get(), &before) != 0) return faults_.add(path, with_reason("cannot be looked at", errno));
    static const std::string no_name;
    if (is_mounted(path.substr(0, path.size() - 1), before)) {
      left_out_.insert(path);
      return visit_(SourceMember{path, no_name, before, open.get(), nullptr});
    }
    const auto entries = entries_of(open, path);
    if (!entries) return;
    if (const auto own = own_.find(place_of(before)); own != own_.end() && !entries->empty())
      return faults_.add(path, fmt::format("holds this server's {}", own->second));
    visit_(SourceMember{path, no_name, before, open.get(), nullptr});
    for (const WalkedEntry& entry : *entries) member(open, path, entry, depth);
    struct stat after {};
    if (fstat(open.get(), &after) != 0 ||
        !(is_unchanged(before, after) || only_excluded_changed(before, after, open, path, *entries)))
      faults_.add(path, changed_while_read);
  }

  bool is_mounted(const std::string& path, const struct stat& status) const {
    return !source_.cross_mounts && ((S_ISDIR(status.st_mode) && status.st_dev != device_) || mounts_.contains(path));
  }

  /// Files that no image gets may come and go: that shows in their folder's times and size.
  bool only_excluded_changed(const struct stat& before, const struct stat& after, const Descriptor& open, const std::string& path,
                             const std::vector<WalkedEntry>& entries) {
    const auto facts = [](const struct stat& one) { return std::tuple(place_of(one), one.st_mode, one.st_uid, one.st_gid); };
    if (source_.exclude.empty() || facts(before) != facts(after)) return false;
    const auto now = entries_of(open, path);
    return now && std::equal(now->begin(), now->end(), entries.begin(), entries.end(),
                             [](const WalkedEntry& one, const WalkedEntry& other) {
                               return one.name == other.name && place_of(one.status) == place_of(other.status);
                             });
  }

  std::optional<std::vector<WalkedEntry>> entries_of(const Descriptor& open, const std::string& path) {
    const FolderListing listing = open_listing(open.get());
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
      return faults_.add(path + name, errno == ENOENT ? changed_while_read : with_reason("cannot be looked at", errno));
    }
    if (const auto why = why_unsupported(entry.status.st_mode)) return faults_.add(path + name, *why);
    if (S_ISDIR(entry.status.st_mode)) {
      entry.name += '/';
    } else if (!mounts_.empty() && is_mounted(path + name, entry.status)) {
      left_out_.insert(path + name);
      return;
    }
    entries.push_back(std::move(entry));
  }

  void member(const Descriptor& open, const std::string& path, const WalkedEntry& entry, std::size_t depth) {
    const std::string full = path + entry.name;
    if (!S_ISDIR(entry.status.st_mode)) {
      if (const auto own = own_.find(place_of(entry.status)); own != own_.end())
        return faults_.add(full, fmt::format("is this server's {}", own->second));
      visit_(SourceMember{full, entry.name, entry.status, open.get(), first_of_group(full, entry.status)});
      return;
    }
    if (depth + 1 > deepest_tree) return faults_.add(full, fmt::format("lies deeper than {} folders", deepest_tree));
    const Descriptor child(openat(open.get(), entry.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!child)
      return faults_.add(full, errno == ENOENT || errno == ENOTDIR ? changed_while_read : with_reason("cannot be opened", errno));
    folder(child, full, depth + 1);
  }

  bool is_excluded(const std::string& path) const {
    const std::string_view inside = std::string_view(path).substr(2);
    return std::any_of(source_.exclude.begin(), source_.exclude.end(),
                       [&](const std::string& glob) { return path_glob_matches(glob, inside); });
  }

  /// Symbolic links with several names are kept as so many links: only files make groups. A FUSE file system that counts no
  /// names (0) makes none either: every file would have to be remembered. Some give one inode number to several files: those
  /// differ in size or time.
  const std::string* first_of_group(const std::string& path, const struct stat& status) {
    if (!S_ISREG(status.st_mode) || status.st_nlink < 2) return nullptr;
    const auto [place, is_first] = groups_.try_emplace(place_of(status), Group{path, status});
    return !is_first && seems_one(place->second.status, status) ? &place->second.first : nullptr;
  }

  struct Group {
    std::string first;
    struct stat status;
  };

  const Source& source_;
  std::map<Place, std::string> own_;
  std::set<std::string> mounts_;
  MemberFaults& faults_;
  const std::function<void(const SourceMember&)>& visit_;
  dev_t device_ = 0;
  std::set<std::string> left_out_;
  std::map<Place, Group> groups_;
};

std::string without_slashes_at_end(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

[[noreturn]] void refuse_source(const std::string& source, const std::string& why) {
  throw Error(Fault::incomplete, fmt::format("the source \"{}\" {}", io::printable(source), why))
      .with_code(Code::source_unfit)
      .about(source);
}

}  // namespace

Source source_of(const LocalImage& image, const ServerSection& server) {
  return {.path = image.source.value(), .exclude = image.exclude, .cross_mounts = image.cross_mounts, .own = own_places(server)};
}

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

void refuse_own_place(const Source& source) {
  const auto own = places_of(source.own);
  const std::unique_ptr<char, decltype(&std::free)> whole(realpath(source.path.c_str(), nullptr), &std::free);
  struct stat status {};
  for (std::string path = whole ? whole.get() : source.path; path != "/" && path != "."; path = parent_folder(path)) {
    if (stat(path.c_str(), &status) != 0) continue;
    if (const auto found = own.find(place_of(status)); found != own.end())
      refuse_source(source.path, fmt::format("lies in this server's {}", found->second));
  }
}

std::set<std::string> walk_source(const Source& source, MemberFaults& faults,
                                  const std::function<void(const SourceMember&)>& visit) {
  return Walk(source, faults, visit).walk();
}

}  // namespace ingot::transfer
