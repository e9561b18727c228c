#include "reconciler/transfer/partial_file.hpp"

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot {

namespace {
constexpr mode_t private_mode = 0600;
}

PartialFile::PartialFile(Files& files, std::string path, const SegmentTable& table)
    : files_(files), path_(std::move(path)), table_(table), has_(table.segments.size(), false), missing_(table.segments.size()) {
  offsets_.reserve(table.segments.size());
  std::uint64_t offset = 0;
  for (const Segment& segment : table.segments) {
    offsets_.push_back(offset);
    offset += segment.packed;
  }
  file_ = files_.open(path_, OpenFor::create_or_open, private_mode);
  if (file_->status().size > table.packed) file_->truncate(table.packed);
  file_->allocate(table.packed);
}

void PartialFile::find_good(const std::function<void(std::uint64_t)>& found) {
  const std::uint64_t size = file_->status().size;
  std::uint64_t good = 0;
  std::string packed;
  for (std::size_t i = 0; i < count() && offset(i) + table_.segments[i].packed <= size; ++i) {
    throw_if_interrupted();
    read(*file_, i, packed);
    if (sha256(packed) != table_.segments[i].digest) continue;
    has_[i] = true;
    --missing_;
    good += packed.size();
    found(good);
  }
}

bool PartialFile::has(std::size_t segment) const {
  const std::scoped_lock lock(mutex_);
  return has_[segment];
}

bool PartialFile::is_complete() const {
  const std::scoped_lock lock(mutex_);
  return missing_ == 0;
}

std::unique_ptr<File> PartialFile::open() const { return files_.open(path_, OpenFor::read_write); }

void PartialFile::put(File& handle, std::size_t segment, std::string_view packed) {
  handle.write_at(offset(segment), packed);
  handle.start_writeback(offset(segment), packed.size());
  const std::scoped_lock lock(mutex_);
  if (!has_[segment]) --missing_;
  has_[segment] = true;
  changed_.notify_all();
}

void PartialFile::read(File& handle, std::size_t segment, std::string& into) const {
  into.resize(table_.segments[segment].packed);
  if (handle.read_at(offset(segment), into) != into.size()) {
    throw Error(Fault::local, fmt::format("\"{}\" became shorter while it was written", printable(path_)));
  }
}

bool PartialFile::wait_for(std::size_t segment) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return has_[segment] || given_up_; });
  return has_[segment];
}

void PartialFile::give_up() {
  const std::scoped_lock lock(mutex_);
  given_up_ = true;
  changed_.notify_all();
}

void PartialFile::finish() {
  file_->sync();
  file_->close();
}

}  // namespace ingot
