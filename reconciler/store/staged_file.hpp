// A file of ours in staging/ that becomes an object of the store, or goes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "reconciler/io/files.hpp"

namespace ingot {

class StagedFile {
 public:
  /// Makes a new file with a name that begins with `prefix`, readable by nobody else.
  StagedFile(Files& files, const std::string& staging_folder, const std::string& prefix);
  ~StagedFile();  ///< removes it unless it was released
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  const std::string& path() const { return path_; }
  /// At its end; starts the write-back from time to time, so that the sync at the end is short.
  void write(std::string_view bytes);
  /// Durable and closed. Error{local}: the bytes were not written.
  void finish(mode_t mode);
  /// It has another name now.
  void release() { path_.clear(); }

 private:
  Files& files_;
  std::string path_;
  std::unique_ptr<File> file_;
  std::uint64_t written_ = 0;
  std::uint64_t handed_to_disk_ = 0;
};

}  // namespace ingot
