// What a canonical tar keeps of a member's extended attributes: POSIX ACLs and the file capability, read from and
// given to an open file or folder.
#pragma once

#include <string>

#include "reconciler/transfer/tar_member.hpp"

namespace ingot {

/// Fills access_acl, default_acl and capability. 0, or the errno of what failed.
int read_attributes(int descriptor, TarMember& member);

/// Gives an own file or folder the member's ACLs and capability. True if the capability had to be left out, because
/// only root may give one. Error{local}.
bool give_attributes(int descriptor, const TarMember& member);

/// Takes away what a new folder inherited from its parent's default ACL.
void drop_inherited_acls(int descriptor, const std::string& path);

}  // namespace ingot
