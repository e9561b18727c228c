#include "reconciler/transfer/attributes.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>

#include <sys/stat.h>
#include <sys/xattr.h>

#include <fmt/format.h>

#include "reconciler/transfer/acl_text.hpp"
#include "reconciler/transfer/capability.hpp"
#include "reconciler/transfer/descriptor.hpp"

namespace ingot::transfer {

namespace {

constexpr const char* access_name = "system.posix_acl_access";
constexpr const char* default_name = "system.posix_acl_default";
constexpr const char* capability_name = "security.capability";

bool means_none(int error) { return error == ENODATA || error == ENOTSUP || error == ENOSYS; }

/// The value, "" if there is none. errno is set if it cannot be read (then nullopt).
std::optional<std::string> attribute(int descriptor, const char* name) {
  std::string value(256, '\0');
  while (true) {
    const ssize_t length = fgetxattr(descriptor, name, value.data(), value.size());
    if (length >= 0) {
      value.resize(static_cast<std::size_t>(length));
      return value;
    }
    if (means_none(errno)) return "";
    if (errno != ERANGE) return std::nullopt;
    value.resize(value.size() * 4);
  }
}

int read_acl(int descriptor, const char* name, std::string& text) {
  const auto value = attribute(descriptor, name);
  if (!value) return errno;
  if (value->empty()) return 0;
  const auto parsed = acl_text_of(*value);
  if (!parsed || (!parsed->empty() && !is_whole_acl(*parsed))) return EINVAL;
  text = *parsed;
  return 0;
}

/// The names, each ended by a NUL; nullopt: none, or the file system has no attributes.
std::optional<std::string> names_of(int descriptor) {
  std::array<char, 1024> few{};
  ssize_t length = flistxattr(descriptor, few.data(), few.size());
  if (length >= 0) return length == 0 ? std::nullopt : std::optional(std::string(few.data(), static_cast<std::size_t>(length)));
  if (errno != ERANGE) return std::nullopt;
  constexpr std::size_t longest_list = 64 * 1024;  // XATTR_LIST_MAX
  std::string names(longest_list, '\0');
  length = flistxattr(descriptor, names.data(), names.size());
  if (length <= 0) return std::nullopt;
  names.resize(static_cast<std::size_t>(length));
  return names;
}

/// "user.*" of "user.origin": only of the kernel's own names does each mean something of its own.
std::string kind_of(std::string_view name) {
  if (name.starts_with("security.") || name.starts_with("system.")) return std::string(name);
  return std::string(name.substr(0, name.find('.'))) + ".*";
}

void take_others(std::string_view names, std::set<std::string>& others) {
  for (; !names.empty(); names.remove_prefix(std::min(names.size(), names.find('\0') + 1))) {
    const std::string_view name = names.substr(0, names.find('\0'));
    if (name != access_name && name != default_name && name != capability_name) others.insert(kind_of(name));
  }
}

/// True: given. False: it cannot be kept.
bool give(int descriptor, const char* name, const std::string& value, std::string_view what, const std::string& path) {
  if (fsetxattr(descriptor, name, value.data(), value.size(), 0) == 0) return true;
  if (cannot_be_kept(errno)) return false;
  fail_locally(fmt::format("give the {} to", what), path, errno);
}

/// With an ACL the group bits of a mode are its mask; alone they would give the group all that the mask allows.
void keep_group_to_its_entry(int descriptor, const TarMember& member) {
  constexpr std::string_view entry = "group::";
  const std::size_t at =
      (member.access_acl.starts_with(entry) ? 0 : member.access_acl.find("," + std::string(entry)) + 1) + entry.size();
  mode_t rights = 0;
  for (const char right : member.access_acl.substr(at, 3)) rights = rights << 1U | (right == '-' ? 0U : 1U);
  struct stat status {};
  if (fstat(descriptor, &status) != 0) fail_locally("look at", member.path, errno);
  const mode_t mode = status.st_mode & (07707U | rights << 3U);
  if (mode != (status.st_mode & 07777U) && fchmod(descriptor, mode) != 0 && !cannot_be_kept(errno))
    fail_locally("give its mode to", member.path, errno);
}

}  // namespace

int read_attributes(int descriptor, TarMember& member, std::set<std::string>& others) {
  // Most members have none: one call says so.
  const auto names = names_of(descriptor);
  if (!names) return 0;
  take_others(*names, others);
  if (const int error = read_acl(descriptor, access_name, member.access_acl); error != 0) return error;
  // Without a mask an access ACL says what the mode says.
  if (member.access_acl.find("mask::") == std::string::npos) member.access_acl.clear();
  if (member.kind == MemberKind::folder) {
    if (const int error = read_acl(descriptor, default_name, member.default_acl); error != 0) return error;
  }
  if (member.kind == MemberKind::file) {
    const auto capability = attribute(descriptor, capability_name);
    if (!capability) return errno;
    if (!capability->empty() && !is_capability(*capability)) return EINVAL;
    member.capability = *capability;
  }
  return 0;
}

void leave_attributes_out(int descriptor, const TarMember& member) {
  if (!member.access_acl.empty()) keep_group_to_its_entry(descriptor, member);
}

void give_attributes(int descriptor, const TarMember& member, LeftOut& left_out) {
  // The texts were checked when the member was read.
  constexpr std::string_view acl = "access control list";
  if (!member.access_acl.empty() &&
      !give(descriptor, access_name, acl_attribute_of(member.access_acl).value(), acl, member.path)) {
    left_out.add(Property::acl, member.path);
    keep_group_to_its_entry(descriptor, member);
  }
  if (!member.default_acl.empty() &&
      !give(descriptor, default_name, acl_attribute_of(member.default_acl).value(), acl, member.path))
    left_out.add(Property::acl, member.path);
  if (!member.capability.empty() && !give(descriptor, capability_name, member.capability, "capability", member.path))
    left_out.add(Property::capability, member.path);
}

int drop_inherited_acls(int descriptor) {
  for (const char* const name : {access_name, default_name}) {
    if (fremovexattr(descriptor, name) == 0 || means_none(errno)) continue;
    const int error = errno;
    if (fgetxattr(descriptor, name, nullptr, 0) > 0) return error;
  }
  return 0;
}

bool cannot_be_kept(int error) {
  return error == EPERM || error == EACCES || error == EINVAL || error == ENOTSUP || error == ENOSYS || error == EOVERFLOW;
}

}  // namespace ingot::transfer
