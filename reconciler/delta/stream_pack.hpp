// One stream of a delta ⇄ zstd frames that go on from block to block. Bounded memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ingot::delta {

/// Packs a stream, block by block. The level falls as the stream grows, and where nothing is gained: neither is worth the time.
class StreamPacker {
 public:
  /// `large`: a stream that is worth larger tables. `result`: bytes of the result; small ones need small tables.
  StreamPacker(bool large, std::uint64_t result);
  ~StreamPacker();
  /// The packed bytes of the next block's plain ones; "" for none.
  std::string pack(std::string_view plain);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class StreamUnpacker {
 public:
  StreamUnpacker();
  ~StreamUnpacker();
  /// Error{untrusted}: the bytes do not unpack to exactly `plain` bytes, or want a window beyond 16 MiB.
  void unpack(std::string_view packed, std::uint64_t plain, std::string& into);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot::delta
