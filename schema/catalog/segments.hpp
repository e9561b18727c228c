// The table of an image's packed segments: each is one zstd frame, verified by the digest of its packed bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "schema/digest.hpp"

namespace ingot {

/// Plain bytes of every segment but the last.
inline constexpr std::uint64_t segment_size = 4 * 1024 * 1024;
/// The packed form of a segment is never longer than this.
inline constexpr std::uint64_t largest_packed_segment = segment_size + segment_size / 128 + 1024;

/// Segments of an image of `size` plain bytes; an empty image has one, empty.
constexpr std::uint64_t segment_count(std::uint64_t size) {
  return size == 0 ? 1 : size / segment_size + (size % segment_size == 0 ? 0 : 1);
}
/// Plain bytes of the last segment.
constexpr std::uint64_t last_segment_size(std::uint64_t size) { return size - (segment_count(size) - 1) * segment_size; }

struct Segment {
  std::uint64_t plain = 0;   ///< bytes, > 0 unless the image is empty
  std::uint64_t packed = 0;  ///< bytes
  Digest digest;             ///< of the packed bytes
  bool operator==(const Segment&) const = default;
};

struct SegmentTable {
  std::uint64_t plain = 0;   ///< sum
  std::uint64_t packed = 0;  ///< sum
  std::vector<Segment> segments;
  bool operator==(const SegmentTable&) const = default;
};

}  // namespace ingot
