// A file or a folder that somebody named, as an image's canonical bytes that can be read anywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "reconciler/console/byte_progress.hpp"
#include "reconciler/console/session.hpp"
#include "reconciler/delta/plan_tasks.hpp"
#include "reconciler/io/disk/files.hpp"

namespace ingot::command {

class CanonicalBytes {
 public:
  /// A file is taken as it is: a file image, or the canonical tar of a tree. A folder is written as its canonical tar into a file
  /// without a name in TMPDIR (default: /tmp). Error{usage}: nothing is there. Error{incomplete}, Error{local}.
  CanonicalBytes(const std::string& path, const console::Session& session);

  const std::string& path() const { return path_; }
  bool is_folder() const { return folder_; }
  std::uint64_t size() const { return size_; }
  /// Error{local}: it cannot be read, or became shorter.
  void read(std::uint64_t offset, std::span<char> into);
  /// Hashes all of it, and sees whether it is a canonical tar. Error{interrupted}, Error{local}.
  delta::Image identify(console::ByteProgress& progress);

 private:
  std::string path_;
  bool folder_ = false;
  std::unique_ptr<io::File> file_;
  std::uint64_t size_ = 0;
};

}  // namespace ingot::command
