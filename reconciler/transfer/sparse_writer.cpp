#include "reconciler/transfer/sparse_writer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "reconciler/transfer/descriptor.hpp"

namespace ingot {

namespace {

constexpr std::size_t hole_block = 4096;
constexpr std::array<char, hole_block> zeros{};

/// Whole zero blocks that `bytes`, which begin at a block's start, begin with.
std::size_t hole_length(std::string_view bytes) {
  std::size_t length = 0;
  while (bytes.size() - length >= hole_block && std::memcmp(bytes.data() + length, zeros.data(), hole_block) == 0) length += hole_block;
  return length;
}

/// Bytes up to the next whole zero block, or all.
std::size_t data_length(std::string_view bytes) {
  std::size_t length = 0;
  while (bytes.size() - length >= hole_block && std::memcmp(bytes.data() + length, zeros.data(), hole_block) != 0) length += hole_block;
  return bytes.size() - length < hole_block ? bytes.size() : length;
}

}  // namespace

void SparseWriter::write(std::string_view bytes) {
  // What completes a block that an earlier call began is data: we no longer know whether the block began with zeros.
  const std::size_t to_boundary = std::min(bytes.size(), static_cast<std::size_t>((hole_block - length_ % hole_block) % hole_block));
  write_data(length_, bytes.substr(0, to_boundary));
  length_ += to_boundary;
  bytes.remove_prefix(to_boundary);
  while (!bytes.empty()) {
    const std::size_t hole = hole_length(bytes);
    const std::size_t data = data_length(bytes.substr(hole));
    write_data(length_ + hole, bytes.substr(hole, data));
    length_ += hole + data;
    bytes.remove_prefix(hole + data);
  }
}

void SparseWriter::finish() {
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

}  // namespace ingot
