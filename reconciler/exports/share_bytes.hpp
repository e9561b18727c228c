// Sharing blocks between two exports on a file system with reflinks (btrfs, XFS): the kernel compares, and shares what is equal.
#pragma once

#include <cstdint>
#include <string>

namespace ingot::exports {

/// Files of `made` share the blocks of the files at the same paths in `like` (or both are files), where they hold the same bytes.
/// Links in either are not followed. No content, mode or time changes. Gives the number of bytes that are shared; 0 where the
/// file system cannot share. What fails is left as it is: sharing only saves room.
std::uint64_t share_bytes(const std::string& made, const std::string& like);

}  // namespace ingot::exports
