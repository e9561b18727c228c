#include "reconciler/exports/access.hpp"

#include <array>
#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/source_walk.hpp"

namespace ingot::exports {

namespace {

constexpr std::size_t entry_room = 64 * 1024;

template <class Id>
std::optional<Id> parse_id(const std::string& text) {
  Id id{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool whole = error == std::errc() && end == text.data() + text.size() && id != static_cast<Id>(-1);
  return whole ? std::optional(id) : std::nullopt;
}

std::optional<OwnerIds> find_user(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  std::string room(entry_room, '\0');
  if (::getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found) == 0 && found != nullptr)
    return OwnerIds{.user = found->pw_uid, .group = found->pw_gid};
  const auto number = parse_id<uid_t>(name);
  if (!number) return std::nullopt;
  if (::getpwuid_r(*number, &entry, room.data(), room.size(), &found) == 0 && found != nullptr)
    return OwnerIds{.user = *number, .group = found->pw_gid};
  return OwnerIds{.user = *number, .group = static_cast<gid_t>(*number)};
}

std::optional<gid_t> find_group(const std::string& name) {
  group entry{};
  group* found = nullptr;
  std::string room(entry_room, '\0');
  if (::getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &found) == 0 && found != nullptr) return found->gr_gid;
  return parse_id<gid_t>(name);
}

void give_owner(int folder, const std::string& name, const OwnerIds& ids, const std::string& path) {
  const int flags = AT_SYMLINK_NOFOLLOW | (name.empty() ? AT_EMPTY_PATH : 0);
  struct stat status {};
  if (fstatat(folder, name.c_str(), &status, flags) != 0) transfer::fail_locally("look at", path, errno);
  if (status.st_uid == ids.user && status.st_gid == ids.group) return;
  if (fchownat(folder, name.c_str(), ids.user, ids.group, flags) != 0) transfer::fail_locally("give its owner to", path, errno);
}

void give_owner_to_all(const std::string& path, const OwnerIds& ids) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) transfer::fail_locally("look at", path, errno);
  if (!S_ISDIR(status.st_mode)) return give_owner(AT_FDCWD, path, ids, path);
  transfer::MemberFaults changed_by_us;
  transfer::walk_source({.path = path, .cross_mounts = true}, changed_by_us, [&](const transfer::SourceMember& member) {
    give_owner(member.folder, member.name, ids, path + member.path.substr(1));
  });
}

}  // namespace

std::variant<OwnerIds, std::string> owner_ids(const std::string& text) {
  const auto colon = text.find(':');
  const std::string user = text.substr(0, colon);
  auto ids = find_user(user);
  if (!ids) return fmt::format("this host has no user \"{}\"", io::printable(user));
  if (colon == std::string::npos) return *ids;
  const std::string group = text.substr(colon + 1);
  const auto found = find_group(group);
  if (!found) return fmt::format("this host has no group \"{}\"", io::printable(group));
  ids->group = *found;
  return *ids;
}

void give_access(const std::string& path, const Access& access) {
  if (access.owner) give_owner_to_all(path, *access.owner);
  if (!access.mode) return;
  const transfer::Descriptor open(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!open) transfer::fail_locally("open", path, errno);
  if (fchmod(open.get(), *access.mode) != 0) transfer::fail_locally("give its mode to", path, errno);
}

}  // namespace ingot::exports
