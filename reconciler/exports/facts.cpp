#include "reconciler/exports/facts.hpp"

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "reconciler/exports/take_away.hpp"
#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/transfer/descriptor.hpp"
#include "reconciler/transfer/mounts.hpp"
#include "reconciler/transfer/source_walk.hpp"
#include "schema/error.hpp"

namespace ingot::exports {

namespace {

constexpr std::string_view half_given = "half-given ";
constexpr auto not_as_exported = "is not as it was exported";

char letter_of(mode_t mode) { return S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : 'l'; }

/// Kind, mode, size and time. A folder's size says nothing.
std::string facts_text(const struct stat& status, bool changes) {
  const bool is_folder = S_ISDIR(status.st_mode);
  const std::string time = is_folder && changes ? "-" : fmt::format("{}.{:09}", status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  return fmt::format("{} {:04o} {} {}", letter_of(status.st_mode), status.st_mode & 07777U, is_folder ? 0 : status.st_size, time);
}

std::string top_text(const struct stat& status, bool changes) {
  return fmt::format("{} {}:{}", facts_text(status, changes), status.st_uid, status.st_gid);
}

/// NUL ends a path, since a name may hold anything else.
void add_line(io::Sha256& hash, const std::string& path, const struct stat& status, bool changes) {
  hash.update(path + '\0' + facts_text(status, changes) + "\n");
}

/// Which of two texts of top_text() differ in what, as a clause.
std::string what_differs(const std::string& before, const std::string& now) {
  const auto parts_of = [](const std::string& text) {  // kind, mode, size, time, owner
    std::vector<std::string> parts;
    std::istringstream words(text);
    for (std::string word; words >> word;) parts.push_back(word);
    parts.resize(5);
    return parts;
  };
  const auto was = parts_of(before), is = parts_of(now);
  if (was[0] != is[0] || was[2] != is[2] || was[3] != is[3]) return not_as_exported;
  if (was[4] != is[4]) return fmt::format("belongs to {} now, not to {}", is[4], was[4]);
  return fmt::format("has mode {} now, not {}", is[1], was[1]);
}

std::variant<struct stat, Absent, Unfit> look_at(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return Absent{};
    return Unfit{"cannot be looked at: " + io::errno_text(errno)};
  }
  if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) return status;
  return Unfit{S_ISLNK(status.st_mode) ? "is a symbolic link" : "is neither a file nor a folder"};
}

/// "" or why the folder is none that an export can be.
std::string hash_members(const std::string& path, const std::vector<std::string>& changes, io::Sha256& hash) {
  // Also below what may change: who removes the export would remove what is mounted.
  if (const auto mounts = transfer::mounts_below(path); !mounts.empty())
    return fmt::format("has something mounted on \"{}\"", *mounts.begin());
  transfer::MemberFaults faults;
  try {
    const auto mounts = transfer::walk_source(
        {.path = path, .exclude = changes}, faults,
        [&](const transfer::SourceMember& member) { add_line(hash, member.path, member.status, !changes.empty()); });
    if (!mounts.empty()) return fmt::format("has something mounted on \"{}\"", *mounts.begin());
    faults.throw_if_any(path);
  } catch (const Error& error) {
    if (error.fault() != Fault::incomplete) throw;
    return "cannot be listed: " + error.text();
  }
  return "";
}

}  // namespace

std::variant<std::string, Absent, Unfit> top_of(const std::string& path, bool changes) {
  const auto found = look_at(path);
  if (const auto* absent = std::get_if<Absent>(&found)) return *absent;
  if (const auto* unfit = std::get_if<Unfit>(&found)) return *unfit;
  return top_text(std::get<struct stat>(found), changes);
}

std::variant<Facts, Absent, Unfit> facts_of(const std::string& path, const std::vector<std::string>& changes) {
  const auto found = look_at(path);
  if (const auto* absent = std::get_if<Absent>(&found)) return *absent;
  if (const auto* unfit = std::get_if<Unfit>(&found)) return *unfit;
  const auto& status = std::get<struct stat>(found);
  if (transfer::is_mount_point(AT_FDCWD, path)) return Unfit{"is a mount point"};
  io::Sha256 hash;
  if (S_ISREG(status.st_mode)) {
    add_line(hash, "", status, false);
  } else if (std::string why = hash_members(path, changes, hash); !why.empty()) {
    return Unfit{std::move(why)};
  }
  return Facts{.top = top_text(status, !changes.empty()), .listing = hash.finish()};
}

std::string half_given_top(const std::string& path) {
  struct statx status {};
  if (statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &status) != 0)
    transfer::fail_locally("look at", path, errno);
  const bool born = (status.stx_mask & STATX_BTIME) != 0;  // a number of a removed entry is used again
  return fmt::format("{}{} {}.{:09}", half_given, status.stx_ino, born ? status.stx_btime.tv_sec : 0,
                     born ? status.stx_btime.tv_nsec : 0);
}

namespace {

/// All may change but what it is; nothing may be mounted in it.
Comparison compare_kind(const Remembered& remembered, const std::string& top, bool members) {
  const auto unlike = [](std::string why) { return Comparison{.likeness = Likeness::changed, .why = std::move(why)}; };
  if (top.front() != remembered.top.front()) return unlike(not_as_exported);
  const auto found = members ? facts_of(remembered.path(), remembered.changes) : std::variant<Facts, Absent, Unfit>();
  const auto* const unfit = std::get_if<Unfit>(&found);
  return unfit ? unlike(unfit->why) : Comparison{};
}

}  // namespace

bool lets_all_change(const std::vector<std::string>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const std::string& glob) { return glob == "*" || glob == "**"; });
}

Comparison compare(const Remembered& remembered, bool members) {
  const std::string path = remembered.path();
  const bool is_half_given = remembered.top.empty() || remembered.top.starts_with(half_given);
  const auto unlike = [](std::string why) { return Comparison{.likeness = Likeness::changed, .why = std::move(why)}; };
  const auto top = top_of(path, !remembered.changes.empty());
  if (const auto* unfit = std::get_if<Unfit>(&top)) return unlike(unfit->why);
  if (std::holds_alternative<Absent>(top))
    return {.likeness = has_left_overs(remembered.folder, remembered.name) ? Likeness::left_over : Likeness::gone};
  if (is_half_given && !remembered.top.empty() && half_given_top(path) != remembered.top)
    return unlike("is another one than that to which an earlier run began to give owner and mode");
  if (is_half_given) return {.likeness = Likeness::half_given};
  if (lets_all_change(remembered.changes)) return compare_kind(remembered, std::get<std::string>(top), members);
  if (std::get<std::string>(top) != remembered.top) return unlike(what_differs(remembered.top, std::get<std::string>(top)));
  if (!members) return {};
  const auto found = facts_of(path, remembered.changes);
  if (const auto* unfit = std::get_if<Unfit>(&found)) return unlike(unfit->why);
  const auto* facts = std::get_if<Facts>(&found);
  return facts && facts->top == remembered.top && facts->listing == remembered.listing ? Comparison{} : unlike(not_as_exported);
}

}  // namespace ingot::exports
