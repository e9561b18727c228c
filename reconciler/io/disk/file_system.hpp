// What a file system cannot hold, and a lock on a folder that leaves no file behind.
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

/// Held until it goes, or the process ends.
class FolderLock {
 public:
  /// Error{busy}: another process holds it. Error{local}: the folder cannot be opened.
  explicit FolderLock(const std::string& folder);

 private:
  OwnedDescriptor descriptor_;
};

}  // namespace ingot::io
