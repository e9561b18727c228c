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
  /// Takes up a copy that is whole. Without a name it stays for the next run, unless the disk did not take its bytes.
  StagedFile(io::Files& files, std::string path, std::unique_ptr<io::File> open);
  ~StagedFile();  ///< removes it unless it was released
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  const std::string& path() const { return path_; }
  /// At its end; starts the write-back from time to time, so that the sync at the end is short.
  void write(std::string_view bytes);
  /// All is written: sets the mode and starts the write-back of the rest. Not durable.
  void end(mode_t mode);
  /// File::write_out, File::sync, File::close. Error{local}: the bytes were not written.
  void write_out();
  void sync();
  void close();
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
  bool stays_ = false;
  std::uint64_t written_ = 0;
  std::uint64_t handed_to_disk_ = 0;
};

}  // namespace ingot::store
