// POSIX ACLs between the kernel's extended attribute (linux/posix_acl_xattr.h) and the text that pax records bear:
// "user::rw-,user:1234:r--,group::r--,mask::r--,other::---", ids as numbers, sorted by kind and id. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ingot::transfer {

/// nullopt: not an attribute that we know. "" if it has no entries.
std::optional<std::string> acl_text_of(std::string_view attribute);

/// Whether the kernel would take it (posix_acl_valid): the entries of owner, group and others are there, and a mask if any
/// entry names somebody.
bool is_whole_acl(std::string_view text);

/// The attribute; nullopt unless `text` is exactly what acl_text_of writes.
std::optional<std::string> acl_attribute_of(std::string_view text);

}  // namespace ingot::transfer
