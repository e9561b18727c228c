// Canonical bytes ⇄ packed segments: independent zstd frames, several threads, bounded memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "schema/catalog/segments.hpp"
#include "schema/digest.hpp"

namespace ingot::transfer {

struct PackedResult {
  Digest digest;           ///< of the plain bytes
  std::uint64_t size = 0;  ///< plain bytes
  Digest file;             ///< of all packed bytes
  SegmentTable table;
};

/// Takes plain bytes, compresses segments on `threads` threads (at least one; level 3), gives packed bytes in order to
/// `out`, from any thread, one call after the other. At most a few segments are in memory. What `out` throws comes out of
/// write() or finish().
class Packer {
 public:
  Packer(int threads, std::function<void(std::string_view packed)> out);
  ~Packer();
  void write(std::string_view plain);
  PackedResult finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Unpacks one segment whose digest was checked; refuses a frame that is longer than `plain` (at most segment_size),
/// wants a window beyond 8 MiB, or has anything behind it. Error{untrusted}. `into` is reused.
void unpack_segment(std::string_view packed, std::uint64_t plain, std::string& into);

/// Of the library that is loaded, "1.5.4".
std::string zstd_version();

}  // namespace ingot::transfer
