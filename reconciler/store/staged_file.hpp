// A file of ours in staging/ that becomes an object of the store, or goes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "reconciler/io/disk/files.hpp"

namespace ingot::store {

class StagedFile {
 public:
  /// Makes a new file, readable by nobody else.
  StagedFile(io::Files& files, const std::string& staging_folder);
  ~StagedFile();  ///< removes it unless it was released
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  const std::string& path() const { return path_; }
  /// At its end; starts the write-back from time to time, so that the sync at the end is short.
  void write(std::string_view bytes);
  /// Durable and closed. Error{local}: the bytes were not written.
  void finish(mode_t mode, std::optional<Time> mtime = {});
  /// Whether a name in the staging folder is that of a staged file of another process. Under the run lock that one is dead.
  static bool is_left_over(const std::string& name);
  /// It has another name now.
  void release() { path_.clear(); }

 private:
  io::Files& files_;
  std::string path_;
  std::unique_ptr<io::File> file_;
  std::uint64_t written_ = 0;
  std::uint64_t handed_to_disk_ = 0;
};

}  // namespace ingot::store
