// Everything that an exported image holds, read to the last byte: for what the facts cannot tell.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/digest.hpp"

namespace ingot::exports {

/// A digest of what is at `path`: kind, mode, owner, time and extended attributes of every member, its hard links, the target of
/// a link and the bytes of a file. Members that a glob of `changes` names do not count; nor do the times of folders, if there are
/// any, nor that of an image which is a file. nullopt: it is not there, cannot be read as a whole, changes at this moment, or has
/// something mounted in it.
std::optional<Digest> contents_of(const std::string& path, const std::vector<std::string>& changes);

}  // namespace ingot::exports
