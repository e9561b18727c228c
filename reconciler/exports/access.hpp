// Owner and mode of an export, as the manifest says them.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <sys/types.h>

namespace ingot::exports {

struct OwnerIds {
  uid_t user = 0;
  gid_t group = 0;
  bool operator==(const OwnerIds&) const = default;
};

/// Of "oracle:oinstall", "oracle" (with the user's own group) or numbers; or why this host knows no such owner or cannot say, as
/// a sentence.
std::variant<OwnerIds, std::string> owner_ids(const std::string& text);

struct Access {
  std::optional<OwnerIds> owner = {};  ///< of every member; nullopt: as the image says
  std::optional<mode_t> mode = {};     ///< of the entry itself; nullopt: as the image says
};

/// Error{usage} if this user, who is not root, could not look into `path` with that mode: then nobody but root could tell later
/// whether the export was changed. To be asked before an image is unpacked.
void require_readable(const std::string& path, bool is_folder, const Access& access);

/// Gives owner and mode to what is at `path`, but for the members that a glob of `except` names. Set-id bits and capabilities of
/// a file whose owner changes are lost: they were meant for the old one. Never follows a link. The error of
/// require_readable. Error{local}: also if something is mounted in it. Error{incomplete}: a member did not get its owner.
void give_access(const std::string& path, const Access& access, const std::vector<std::string>& except = {});

}  // namespace ingot::exports
