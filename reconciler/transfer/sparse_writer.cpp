#include "reconciler/transfer/sparse_writer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "reconciler/transfer/descriptor.hpp"

namespace ingot::transfer {

namespace {

constexpr std::size_t hole_block = 4096;
constexpr std::array<char, hole_block> zeros{};

/// Bytes of the zero blocks that whole blocks begin with.
std::size_t hole_length(std::string_view bytes) {
  std::size_t length = 0;
  while (length < bytes.size() && std::memcmp(bytes.data() + length, zeros.data(), hole_block) == 0) length += hole_block;
  return length;
}

/// Bytes up to the next zero block.
std::size_t data_length(std::string_view bytes) {
  std::size_t length = 0;
  while (length < bytes.size() && std::memcmp(bytes.data() + length, zeros.data(), hole_block) != 0) length += hole_block;
  return length;
}

}  // namespace

void SparseWriter::write(std::string_view bytes) {
  if (zeros_ == Zeros::written) {
    write_data(length_, bytes);
    length_ += bytes.size();
    return;
  }
  if (!begun_.empty()) {
    const std::size_t taken = std::min(bytes.size(), hole_block - begun_.size());
    begun_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (begun_.size() < hole_block) return;
    write_blocks(begun_);
    begun_.clear();
  }
  const std::size_t whole = bytes.size() - bytes.size() % hole_block;
  write_blocks(bytes.substr(0, whole));
  begun_ = bytes.substr(whole);
}

void SparseWriter::write_blocks(std::string_view blocks) {
  while (!blocks.empty()) {
    const std::size_t hole = hole_length(blocks);
    const std::size_t data = data_length(blocks.substr(hole));
    write_data(length_ + hole, blocks.substr(hole, data));
    length_ += hole + data;
    blocks.remove_prefix(hole + data);
  }
}

void SparseWriter::finish() {
  write_data(length_, begun_);
  length_ += begun_.size();
  begun_.clear();
  if (ftruncate(descriptor_, static_cast<off_t>(length_)) != 0) fail_locally("write", path_, errno);
}

void SparseWriter::write_data(std::uint64_t offset, std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_locally("write", path_, errno);
    offset += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace ingot::transfer
