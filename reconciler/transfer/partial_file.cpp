#include "reconciler/transfer/partial_file.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot::transfer {

namespace {
constexpr mode_t private_mode = 0600;
}

PartialFile::PartialFile(io::Files& files, std::string path, const SegmentTable& table)
    : files_(files),
      path_(std::move(path)),
      table_(table),
      has_(table.segments.size(), false),
      begun_(table.segments.size(), 0),
      missing_(table.segments.size()) {
  offsets_.reserve(table.segments.size());
  std::uint64_t offset = 0;
  for (const Segment& segment : table.segments) {
    offsets_.push_back(offset);
    offset += segment.packed;
  }
  file_ = files_.open(path_, io::OpenFor::create_or_open, private_mode);
  if (file_->status().size > table.packed) file_->truncate(table.packed);
  file_->allocate(table.packed);
}

void PartialFile::find_good(const std::function<void(std::uint64_t)>& found) {
  const std::uint64_t size = file_->status().size;
  std::uint64_t good = 0;
  std::string here;
  for (std::size_t i = 0; i < count() && offset(i) < size; ++i) {
    io::throw_if_interrupted();
    here.resize(std::min(table_.segments[i].packed, size - offset(i)));
    here.resize(file_->read_at(offset(i), here));
    if (here.size() == table_.segments[i].packed && io::sha256(here) == table_.segments[i].digest) {
      has_[i] = true;
      --missing_;
      good += here.size();
    } else {
      begun_[i] = look_for_beginning(i, here);
    }
    found(good);
  }
}

std::uint64_t PartialFile::look_for_beginning(std::size_t segment, std::string_view here) {
  constexpr std::uint64_t zeros_of_a_frame = 16;                // so many may end it: with no more missing it is whole, and wrong
  const std::uint64_t begun = here.find_last_not_of('\0') + 1;  // none: npos + 1 is 0
  if (begun + zeros_of_a_frame < table_.segments[segment].packed) return begun;
  reject(*file_, segment);
  return 0;
}

bool PartialFile::has(std::size_t segment) const {
  const std::scoped_lock lock(mutex_);
  return has_[segment];
}

bool PartialFile::is_complete() const {
  const std::scoped_lock lock(mutex_);
  return missing_ == 0;
}

std::unique_ptr<io::File> PartialFile::open() const { return files_.open(path_, io::OpenFor::read_write); }

std::uint64_t PartialFile::begun(std::size_t segment) const {
  const std::scoped_lock lock(mutex_);
  return begun_[segment];
}

void PartialFile::add(io::File& handle, std::size_t segment, std::uint64_t at, std::string_view bytes) {
  handle.write_at(offset(segment) + at, bytes);
  const std::scoped_lock lock(mutex_);
  begun_[segment] = std::max(begun_[segment], at + bytes.size());
}

void PartialFile::accept(io::File& handle, std::size_t segment) {
  handle.start_writeback(offset(segment), table_.segments[segment].packed);
  const std::scoped_lock lock(mutex_);
  if (!has_[segment]) --missing_;
  has_[segment] = true;
  begun_[segment] = 0;
  changed_.notify_all();
}

void PartialFile::reject(io::File& handle, std::size_t segment) {
  handle.write_at(offset(segment), std::string(table_.segments[segment].packed, '\0'));
  const std::scoped_lock lock(mutex_);
  begun_[segment] = 0;
}

void PartialFile::read(io::File& handle, std::size_t segment, std::string& into) const {
  into.resize(table_.segments[segment].packed);
  if (handle.read_at(offset(segment), into) != into.size()) {
    throw Error(Fault::local, fmt::format("\"{}\" became shorter while it was written", io::printable(path_)));
  }
}

bool PartialFile::wait_for(std::size_t segment) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return has_[segment] || given_up_; });
  return has_[segment] && !given_up_;
}

void PartialFile::give_up() {
  const std::scoped_lock lock(mutex_);
  given_up_ = true;
  changed_.notify_all();
}

std::unique_ptr<io::File> PartialFile::release() { return std::move(file_); }

}  // namespace ingot::transfer
