// What a file system cannot hold, how it is synced, and a lock on a folder that leaves no file behind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "reconciler/io/disk/owned_descriptor.hpp"

namespace ingot::io {

struct FileLimit {
  std::string file_system;    ///< "FAT"
  std::uint64_t largest = 0;  ///< bytes of one file
};
/// The limit of the file system that the folder lies on; nullopt: none that anybody meets. Error{local}: it cannot be looked at.
std::optional<FileLimit> file_limit(const std::string& folder);

/// Whether File::write_out and one sync of a file system of this type (statfs) make bytes and names durable. Where the system
/// that stores them is not this kernel (FUSE, network) or is not known, it may not be told of that sync: there each file and
/// folder is synced by itself.
bool is_synced_as_a_whole(std::uint64_t type);
/// The same of the file system that the folder lies on; false if it cannot be looked at.
bool is_synced_as_a_whole(const std::string& folder);

/// Held until it goes, or the process ends.
class FolderLock {
 public:
  /// Error{busy}: another process holds it. Error{local}: the folder cannot be opened.
  explicit FolderLock(const std::string& folder);

 private:
  OwnedDescriptor descriptor_;
};

}  // namespace ingot::io
