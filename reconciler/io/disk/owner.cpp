#include "reconciler/io/disk/owner.hpp"

#include <array>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::io {

std::string user_name(uid_t user) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  if (::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return found->pw_name;
  return std::to_string(user);
}

std::optional<Owner> owner_of(const std::string& path) {
  struct stat found {};
  for (std::string at = path;;) {
    if (::lstat(at.c_str(), &found) == 0) return Owner{at, found.st_uid};
    const std::string above = parent_folder(at);
    if (above == at) return std::nullopt;
    at = above;
  }
}

std::string foreign_owner_text(const std::string& path) {
  const auto owner = owner_of(path);
  if (!owner || owner->user == ::geteuid()) return "";
  const std::string theirs = user_name(owner->user), ours = user_name(::geteuid());
  // A folder above holds more than this, and "/", "/root", "/srv" are the host's: nobody is told to give them away.
  if (owner->path != path || path.find('/', 1) == std::string::npos)
    return fmt::format("\"{}\" belongs to {}, and this runs as {}: run it as {}, or name another folder", printable(owner->path),
                       theirs, ours, theirs);
  return fmt::format("\"{0}\" belongs to {1}, and this runs as {2}: run it as {1}, or give it to {2} with \"chown {2} {0}\"",
                     printable(owner->path), theirs, ours);
}

}  // namespace ingot::io
