// The file that a copy grows in: which segments are in it and verified, how much of an unfinished one is here, and where each
// belongs. Knows nothing of peers.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/io/disk/files.hpp"
#include "schema/catalog/segments.hpp"

namespace ingot::transfer {

/// Thread-safe but for the constructor and find_good.
class PartialFile {
 public:
  /// Opens or makes the file and reserves its room, so that a full disk shows before the network is used. Error{local}.
  PartialFile(io::Files& files, std::string path, const SegmentTable& table);

  /// Hashes what an earlier run left; `found` gets the number of bytes of good segments so far, and may throw to end it. What a
  /// segment holds up to its last byte that is not 0 is taken for its beginning: room that was only reserved reads as 0. Whether
  /// it is right shows when the segment is whole.
  void find_good(const std::function<void(std::uint64_t)>& found);

  const SegmentTable& table() const { return table_; }
  std::size_t count() const { return table_.segments.size(); }
  std::uint64_t offset(std::size_t segment) const { return offsets_[segment]; }
  bool has(std::size_t segment) const;
  /// So many bytes of an unfinished segment are here; nobody has checked them.
  std::uint64_t begun(std::size_t segment) const;
  bool is_complete() const;

  /// A handle of its own for a thread that writes or reads.
  std::unique_ptr<io::File> open() const;
  /// Writes bytes of an unfinished segment, `at` bytes from its beginning.
  void add(io::File& handle, std::size_t segment, std::uint64_t at, std::string_view bytes);
  /// A segment is whole, and its digest was checked.
  void accept(io::File& handle, std::size_t segment);
  /// Its bytes are wrong: as if none had come.
  void reject(io::File& handle, std::size_t segment);
  void read(io::File& handle, std::size_t segment, std::string& into) const;

  /// Waits until the segment is here. False after give_up, also for a segment that is here: the copy has failed.
  bool wait_for(std::size_t segment) const;
  /// Nothing more will come: wakes who waits.
  void give_up();

  /// The file, to be synced and closed; only once all of it is here.
  std::unique_ptr<io::File> release();

 private:
  std::uint64_t look_for_beginning(std::size_t segment, std::string_view here);

  io::Files& files_;
  std::string path_;
  const SegmentTable& table_;
  std::vector<std::uint64_t> offsets_;
  std::unique_ptr<io::File> file_;  ///< open from first to last: what a write-back could not do shows at its sync
  mutable std::mutex mutex_;        ///< guards what follows
  mutable std::condition_variable changed_;
  std::vector<bool> has_;
  std::vector<std::uint64_t> begun_;
  std::size_t missing_ = 0;
  bool given_up_ = false;
};

}  // namespace ingot::transfer
