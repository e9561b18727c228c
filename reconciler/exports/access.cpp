#include "reconciler/exports/access.hpp"

#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/mounts.hpp"
#include "reconciler/transfer/source_walk.hpp"
#include "schema/error.hpp"

namespace ingot::exports {

namespace {

/// An entry of a group names all its members, so it may be long.
constexpr std::size_t first_room = 16 * 1024;
constexpr std::size_t most_room = 64 * 1024 * 1024;

template <class Id>
std::optional<Id> parse_id(const std::string& text) {
  Id id{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool whole = error == std::errc() && end == text.data() + text.size() && id != static_cast<Id>(-1);
  return whole ? std::optional(id) : std::nullopt;
}

/// getpwnam_r and its like, with as much room as the entry needs. Gives 0, or errno of what kept the question from an answer;
/// `found` is null if there is no such entry.
template <class Entry, class Key>
int look_up(int (*get)(Key, Entry*, char*, std::size_t, Entry**), Key key, std::string& room, Entry& entry, Entry*& found) {
  room.resize(first_room);
  while (true) {
    found = nullptr;
    const int error = get(key, &entry, room.data(), room.size(), &found);
    if (error == ERANGE && room.size() < most_room)
      room.resize(room.size() * 4);
    else if (error != EINTR)
      return error == ENOENT || error == ESRCH || error == EBADF || error == EPERM ? 0 : error;
  }
}

/// A sentence: why there are no ids.
using WhyNone = std::string;

WhyNone why_not_asked(std::string_view what, const std::string& name, int error) {
  return fmt::format("the {} \"{}\" cannot be looked up: {}", what, io::printable(name), io::errno_text(error));
}

std::variant<OwnerIds, WhyNone> find_user(const std::string& name) {
  std::string room;
  passwd entry{};
  passwd* found = nullptr;
  if (const int error = look_up(::getpwnam_r, name.c_str(), room, entry, found); error != 0)
    return why_not_asked("user", name, error);
  if (found != nullptr) return OwnerIds{.user = found->pw_uid, .group = found->pw_gid};
  const auto number = parse_id<uid_t>(name);
  if (!number) return fmt::format("this host has no user \"{}\"", io::printable(name));
  if (const int error = look_up(::getpwuid_r, *number, room, entry, found); error != 0) return why_not_asked("user", name, error);
  return OwnerIds{.user = *number, .group = found != nullptr ? found->pw_gid : static_cast<gid_t>(*number)};
}

std::variant<gid_t, WhyNone> find_group(const std::string& name) {
  std::string room;
  group entry{};
  group* found = nullptr;
  if (const int error = look_up(::getgrnam_r, name.c_str(), room, entry, found); error != 0)
    return why_not_asked("group", name, error);
  if (found != nullptr) return found->gr_gid;
  if (const auto number = parse_id<gid_t>(name)) return *number;
  return fmt::format("this host has no group \"{}\"", io::printable(name));
}

void give_owner(int folder, const std::string& name, const OwnerIds& ids, const std::string& path) {
  const int flags = AT_SYMLINK_NOFOLLOW | (name.empty() ? AT_EMPTY_PATH : 0);
  struct stat status {};
  if (fstatat(folder, name.c_str(), &status, flags) != 0) transfer::fail_locally("look at", path, errno);
  if (status.st_uid == ids.user && status.st_gid == ids.group) return;
  if (fchownat(folder, name.c_str(), ids.user, ids.group, flags) != 0) transfer::fail_locally("give its owner to", path, errno);
}

[[noreturn]] void refuse_mount(const std::string& path, const std::string& mount) {
  throw Error(Fault::local, fmt::format("\"{}\" has something mounted on \"{}\"", io::printable(path), io::printable(mount)),
              "unmount it");
}

void give_owner_to_all(const std::string& path, const OwnerIds& ids, const std::vector<std::string>& except) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) transfer::fail_locally("look at", path, errno);
  if (!S_ISDIR(status.st_mode)) return give_owner(AT_FDCWD, path, ids, path);
  // Before anything is given: a walk gives a mounted folder too, before it stays out of it.
  if (const auto mounts = transfer::mounts_below(path); !mounts.empty()) refuse_mount(path, *mounts.begin());
  const transfer::Source source{.path = path, .exclude = except};
  transfer::MemberFaults changed_by_us;
  const auto mounts = transfer::walk_source(source, changed_by_us, [&](const transfer::SourceMember& member) {
    give_owner(member.folder, member.name, ids, path + member.path.substr(1));
  });
  if (!mounts.empty()) refuse_mount(path, *mounts.begin());
  // What could not be read was left out above: a second look finds it.
  transfer::MemberFaults faults;
  transfer::walk_source(source, faults, [&](const transfer::SourceMember& member) {
    if (member.status.st_uid != ids.user || member.status.st_gid != ids.group) faults.add(member.path, "has another owner");
  });
  faults.throw_if_any(path);
}

}  // namespace

void require_readable(const std::string& path, bool is_folder, const Access& access) {
  const mode_t needed = is_folder ? S_IRUSR | S_IXUSR : S_IRUSR;
  if (!access.mode || geteuid() == 0 || (*access.mode & needed) == needed) return;
  throw Error(Fault::usage, fmt::format("with mode {:04o} its owner cannot read \"{}\"", *access.mode, io::printable(path)),
              is_folder ? "give its owner r and x, as in 0750" : "give its owner r, as in 0640");
}

std::variant<OwnerIds, std::string> owner_ids(const std::string& text) {
  const auto colon = text.find(':');
  auto ids = find_user(text.substr(0, colon));
  if (colon == std::string::npos || std::holds_alternative<WhyNone>(ids)) return ids;
  const auto found = find_group(text.substr(colon + 1));
  if (const auto* why = std::get_if<WhyNone>(&found)) return *why;
  std::get<OwnerIds>(ids).group = std::get<gid_t>(found);
  return ids;
}

void give_access(const std::string& path, const Access& access, const std::vector<std::string>& except) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) transfer::fail_locally("look at", path, errno);
  require_readable(path, S_ISDIR(status.st_mode), access);
  if (access.owner) give_owner_to_all(path, *access.owner, except);
  // Not by a descriptor: its mode may forbid to open it until now.
  if (access.mode && fchmodat(AT_FDCWD, path.c_str(), *access.mode, AT_SYMLINK_NOFOLLOW) != 0)
    transfer::fail_locally("give its mode to", path, errno);
}

}  // namespace ingot::exports
