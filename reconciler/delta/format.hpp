// The bytes of a delta (schema/delta.md): its header, the bounds of its blocks, and its numbers. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "schema/digest.hpp"
#include "schema/image.hpp"

namespace ingot::delta {

inline constexpr std::size_t header_size = 128;
inline constexpr std::size_t block_header_size = 32;
inline constexpr std::size_t trailer_size = 32;
/// Bytes of the result that each block but the last makes. No stream of a block is longer.
inline constexpr std::uint64_t block_size = 8 * 1024 * 1024;
/// Of each zstd frame: 16 MiB.
inline constexpr unsigned window_log = 24;
/// A region of the base is copied only if it has this many bytes: shorter ones cost more than they save.
inline constexpr std::uint64_t shortest_copy = 16;

/// What a reader may hold of the base: so many pieces of so many bytes, those used last.
inline constexpr std::uint64_t piece_size = 4 * 1024 * 1024;
inline constexpr std::size_t pieces_held = 16;

/// Reads exactly the bytes of `into` from `offset` on; the caller keeps within the size. Throws Error.
using ReadAt = std::function<void(std::uint64_t offset, std::span<char> into)>;

/// Canonical bytes, by what they are.
struct Image {
  Digest digest;
  std::uint64_t size = 0;
  ImageKind kind = ImageKind::file;
  bool operator==(const Image&) const = default;
};

struct Header {
  Image base;
  Image result;
  bool operator==(const Header&) const = default;
};

/// The streams of a block, in their order in the file.
enum Stream : std::size_t { control, positions, differences, fresh };
inline constexpr std::size_t stream_count = 4;
/// Bytes of a difference.
inline constexpr std::size_t word_size = 4;

struct StreamLength {
  std::uint32_t plain = 0;
  std::uint32_t packed = 0;
};
using BlockHeader = std::array<StreamLength, stream_count>;

std::string encode_header(const Header& header);
/// `bytes` has header_size bytes. Error{untrusted}: it is no header of a delta, or its sizes are out of bounds.
Header decode_header(std::string_view bytes);

std::string encode_block_header(const BlockHeader& header);
/// `bytes` has block_header_size bytes, `result` is the length of the block's result. Error{untrusted}: a length is out of
/// bounds.
BlockHeader decode_block_header(std::string_view bytes, std::uint64_t result);

/// The longest packed form of a stream of a block.
constexpr std::uint64_t longest_packed(std::uint64_t plain) { return plain == 0 ? 0 : plain + plain / 128 + 1024; }

/// 7 bits a byte, the lowest first; the highest bit says that more follow.
void put_number(std::string& bytes, std::uint64_t number);
/// Takes a number off the front; nullopt: the bytes end in it, or it has more than 63 bits, or is longer than needed.
std::optional<std::uint64_t> take_number(std::string_view& bytes);
/// Small distances in both directions as small numbers: 0, -1, 1, -2 … are 0, 1, 2, 3 …
constexpr std::uint64_t fold(std::int64_t distance) {
  return distance < 0 ? static_cast<std::uint64_t>(-(distance + 1)) * 2 + 1 : static_cast<std::uint64_t>(distance) * 2;
}
constexpr std::int64_t unfold(std::uint64_t number) {
  const auto half = static_cast<std::int64_t>(number / 2);
  return number % 2 == 0 ? half : -half - 1;
}

/// The number in `count` (at most 8) bytes, the lowest first; and the reverse.
std::uint64_t little_endian(const char* bytes, std::size_t count);
void put_little_endian(char* bytes, std::uint64_t number, std::size_t count);

/// Error{untrusted} "the delta " + why.
[[noreturn]] void refuse_delta(const std::string& why);

}  // namespace ingot::delta
