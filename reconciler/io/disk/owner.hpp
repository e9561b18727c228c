// Whose a file is, for messages: what another user wrote is the usual reason why one cannot be read.
#pragma once

#include <sys/types.h>
#include <optional>
#include <string>

namespace ingot::io {

/// The user's name, or the number if it has none.
std::string user_name(uid_t user);

/// Who owns what is at `path`, or at the nearest folder above it that this user may look at.
struct Owner {
  std::string path;
  uid_t user = 0;
};
std::optional<Owner> owner_of(const std::string& path);

/// "\"state/lock\" belongs to root, and this runs as gold: …"; "" if it is this user's own, or nobody can say.
std::string foreign_owner_text(const std::string& path);

}  // namespace ingot::io
