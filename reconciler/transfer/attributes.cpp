#include "reconciler/transfer/attributes.hpp"

#include <cerrno>
#include <optional>

#include <sys/xattr.h>

#include "reconciler/transfer/acl_text.hpp"
#include "reconciler/transfer/descriptor.hpp"

namespace ingot {

namespace {

constexpr const char* access_name = "system.posix_acl_access";
constexpr const char* default_name = "system.posix_acl_default";
constexpr const char* capability_name = "security.capability";

bool means_none(int error) { return error == ENODATA || error == ENOTSUP; }

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
  if (!parsed) return EINVAL;
  text = *parsed;
  return 0;
}

void give(int descriptor, const char* name, const std::string& value, const std::string& path) {
  if (fsetxattr(descriptor, name, value.data(), value.size(), 0) != 0)
    fail_locally("give the access control list to", path, errno);
}

}  // namespace

int read_attributes(int descriptor, TarMember& member) {
  // Most members have none: one call says so.
  const ssize_t names = flistxattr(descriptor, nullptr, 0);
  if (names == 0 || (names < 0 && errno == ENOTSUP)) return 0;
  if (const int error = read_acl(descriptor, access_name, member.access_acl); error != 0) return error;
  // Without a mask an access ACL says what the mode says.
  if (member.access_acl.find("mask::") == std::string::npos) member.access_acl.clear();
  if (member.kind == MemberKind::folder) {
    if (const int error = read_acl(descriptor, default_name, member.default_acl); error != 0) return error;
  }
  if (member.kind == MemberKind::file) {
    const auto capability = attribute(descriptor, capability_name);
    if (!capability) return errno;
    member.capability = *capability;
  }
  return 0;
}

bool give_attributes(int descriptor, const TarMember& member) {
  // The texts were checked when the member was read.
  if (!member.access_acl.empty()) give(descriptor, access_name, acl_attribute_of(member.access_acl).value(), member.path);
  if (!member.default_acl.empty()) give(descriptor, default_name, acl_attribute_of(member.default_acl).value(), member.path);
  if (member.capability.empty()) return false;
  if (fsetxattr(descriptor, capability_name, member.capability.data(), member.capability.size(), 0) == 0) return false;
  if (errno == EPERM) return true;
  fail_locally("give the capability to", member.path, errno);
}

void drop_inherited_acls(int descriptor, const std::string& path) {
  for (const char* const name : {access_name, default_name}) {
    if (fremovexattr(descriptor, name) != 0 && !means_none(errno))
      fail_locally("take the inherited access control list from", path, errno);
  }
}

}  // namespace ingot
