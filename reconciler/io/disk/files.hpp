// The disk, as a port: every effect on files that must be durable or may fail goes through it, so that tests can make
// the n-th operation fail. Errors are Error{local} that name the path and say why; ENOSPC/EDQUOT say so.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/text/quantity.hpp"

namespace ingot::io {

enum class EntryKind { file, folder, link, other };

struct FileStatus {
  EntryKind kind = EntryKind::other;
  std::uint64_t size = 0;
  std::uint64_t on_disk = 0;  ///< bytes that the file takes, reserved ones too
  std::int64_t mtime_seconds = 0;
  std::int64_t mtime_nanoseconds = 0;
  mode_t mode = 0;  ///< permission bits
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};

/// An open regular file. Closing in the destructor is for clean-up only; what matters is close().
class File {
 public:
  virtual ~File() = default;
  virtual void write_all(std::string_view bytes) = 0;  ///< at the end of what was written so far
  virtual void write_at(std::uint64_t offset, std::string_view bytes) = 0;
  virtual std::size_t read_at(std::uint64_t offset, std::span<char> into) = 0;   ///< 0 at the end
  virtual void allocate(std::uint64_t length) = 0;                               ///< keeps the size; not supported = fine
  virtual void start_writeback(std::uint64_t offset, std::uint64_t length) = 0;  ///< a hint
  virtual void truncate(std::uint64_t length) = 0;
  virtual void set_mode(mode_t mode) = 0;
  virtual void set_mtime(Time time) = 0;
  virtual void sync() = 0;  ///< fsync; if it fails the data was not written: throw the file away
  /// Waits until the disk has taken the bytes; as by sync, a failure means that they were not written. They are durable only
  /// once sync_file_system was called too. Cheap for many small files, as only that call waits for the disk's cache.
  virtual void write_out() = 0;
  virtual void close() = 0;  ///< throws what close reports
  virtual FileStatus status() = 0;
  /// How many bytes from `offset` on lie in a hole, and so are zeros. 0: none, or that cannot be told.
  virtual std::uint64_t hole_at(std::uint64_t offset) = 0;
  virtual std::uint64_t written() = 0;  ///< bytes without holes and reserved space; the size where that cannot be told
};

enum class OpenFor { read, create_new, read_write, create_or_open };

/// The mode of what is made, whatever the umask.
struct FileMode {
  // NOLINTNEXTLINE(google-explicit-constructor): a number is a mode.
  constexpr FileMode(mode_t the_bits, bool demanded = true) : bits(the_bits), is_demanded(demanded) {}

  mode_t bits;
  bool is_demanded;  ///< false: where the file system knows no modes (FAT), whatever it gives. Never for secrets
};
inline constexpr FileMode readable_file_if_possible{0644, false}, readable_folder_if_possible{0755, false};

class Files {
 public:
  virtual ~Files() = default;
  /// Never follows a link in the last component; the mode is of a file that is made.
  virtual std::unique_ptr<File> open(const std::string& path, OpenFor purpose, FileMode mode = 0644) = 0;
  virtual std::optional<FileStatus> status(const std::string& path) = 0;        ///< of the entry itself; nullopt: not there
  virtual void make_folder(const std::string& path, FileMode mode = 0755) = 0;  ///< one level; exists = fine; syncs the parent
  virtual void make_folder_unsynced(const std::string& path, FileMode mode = 0755) = 0;  ///< the same without that sync
  virtual void rename(const std::string& from, const std::string& to) = 0;               ///< replaces
  virtual bool rename_new(const std::string& from, const std::string& to) = 0;           ///< false: `to` exists, nothing done
  /// A second name for a file. false: nothing done, since `to` exists, or there can be none
  /// (of a folder, or on a file system that knows no second names).
  virtual bool link_new(const std::string& from, const std::string& to) = 0;
  virtual void sync_folder(const std::string& path) = 0;
  /// Whether sync_file_system makes what lies on it durable. If not, each file and folder must be synced by itself.
  virtual bool is_synced_as_a_whole(const std::string& folder) = 0;
  /// All that lies on it, also what others write there: files after write_out, folders, and what a dead run left unsynced.
  virtual void sync_file_system(const std::string& folder) = 0;
  virtual void remove(const std::string& path) = 0;  ///< a file; not there = fine
  /// Of a file, never through a link, also of one that its owner may not open; durable once the file is synced.
  virtual void set_mode(const std::string& path, mode_t mode) = 0;
  virtual std::vector<std::string> list(const std::string& path) = 0;  ///< names, sorted by bytes
  virtual std::uint64_t space_total(const std::string& path) = 0;
  virtual std::uint64_t space_available(const std::string& path) = 0;
};

class PosixFiles final : public Files {
 public:
  std::unique_ptr<File> open(const std::string& path, OpenFor purpose, FileMode mode = 0644) override;
  std::optional<FileStatus> status(const std::string& path) override;
  void make_folder(const std::string& path, FileMode mode = 0755) override;
  void make_folder_unsynced(const std::string& path, FileMode mode = 0755) override;
  void rename(const std::string& from, const std::string& to) override;
  bool rename_new(const std::string& from, const std::string& to) override;
  bool link_new(const std::string& from, const std::string& to) override;
  void sync_folder(const std::string& path) override;
  bool is_synced_as_a_whole(const std::string& folder) override;
  void sync_file_system(const std::string& folder) override;
  void remove(const std::string& path) override;
  void set_mode(const std::string& path, mode_t mode) override;
  std::vector<std::string> list(const std::string& path) override;
  std::uint64_t space_total(const std::string& path) override;
  std::uint64_t space_available(const std::string& path) override;
};

// Built on the port alone.
std::string read_file(Files& files, const std::string& path, std::uint64_t at_most);  ///< Error{local} if longer
std::optional<std::string> read_file_if_there(Files& files, const std::string& path, std::uint64_t at_most);
/// make_folder for each missing level.
void make_folders(Files& files, const std::string& path, mode_t mode = 0755);
/// Beside, sync, rename, sync the folder: the reader sees the old bytes or the new, also after a power cut.
void replace_file(Files& files, const std::string& path, std::string_view bytes, mode_t mode, std::optional<Time> mtime = {});
/// The same without any sync: after a power cut the file may be damaged. For caches whose reader checks what it reads.
void replace_file_unsynced(Files& files, const std::string& path, std::string_view bytes, mode_t mode);
/// The same for programs of other users: every one may read it, whatever the umask.
void replace_readable_file(Files& files, const std::string& path, std::string_view bytes);
/// Whole or not at all, and never in the place of another: false if `path` exists. Written beside it under a hidden name that
/// is_left_by_write_new_file knows, for what a run that died leaves there.
bool write_new_file(Files& files, const std::string& path, std::string_view bytes, mode_t mode = 0644);
/// The same for content that `write` makes. What `write` throws is thrown, and no file stays.
bool write_new_file(Files& files, const std::string& path, mode_t mode, const std::function<void(File&)>& write);
bool is_left_by_write_new_file(std::string_view name);

}  // namespace ingot::io
