// What a canonical tar keeps of a member's extended attributes: POSIX ACLs and the file capability, read from and
// given to an open file or folder.
#pragma once

#include <set>
#include <string>

#include "reconciler/transfer/left_out.hpp"
#include "reconciler/transfer/tar_member.hpp"

namespace ingot::transfer {

/// Fills access_acl, default_acl and capability. 0, or the errno of what failed. `others` gets the kinds of the attributes that
/// are not kept: "user.*", "security.selinux".
int read_attributes(int descriptor, TarMember& member, std::set<std::string>& others);

/// Gives an own file or folder the member's ACLs and capability. What this user or this file system cannot keep goes to
/// `left_out`; without its access ACL a member's group gets no more than the ACL gave it. Error{local}.
void give_attributes(int descriptor, const TarMember& member, LeftOut& left_out);

/// The same without any: a member's group gets no more than an access ACL would have given it. Error{local}.
void leave_attributes_out(int descriptor, const TarMember& member);

/// Takes away what a new folder inherited from its parent's default ACL. 0, or errno.
int drop_inherited_acls(int descriptor);

/// Whether a call failed since this user or this file system cannot keep a property, and not for lack of space or a fault.
bool cannot_be_kept(int error);

}  // namespace ingot::transfer
