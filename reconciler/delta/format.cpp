#include "reconciler/delta/format.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "schema/catalog/catalog.hpp"
#include "schema/error.hpp"

namespace ingot::delta {

namespace {

constexpr std::string_view magic("ingot.delta/1\n", 14);
constexpr std::size_t base_at = 16;
constexpr std::size_t result_at = 64;
constexpr std::size_t reserved_at = 112;
constexpr unsigned bits_a_byte = 7;
constexpr unsigned most_bits = 63;

void put_image(std::string& bytes, std::size_t at, const Image& image) {
  std::copy(image.digest.bytes.begin(), image.digest.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  put_little_endian(&bytes[at + 32], image.size, 8);
  put_little_endian(&bytes[at + 40], image.kind == ImageKind::tree ? 1 : 0, 8);
}

Image take_image(std::string_view bytes, std::size_t at, std::string_view whose) {
  Image image;
  std::transform(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(at + 32),
                 image.digest.bytes.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  image.size = little_endian(&bytes[at + 32], 8);
  const std::uint64_t kind = little_endian(&bytes[at + 40], 8);
  if (image.size > largest_image)
    refuse_delta(fmt::format("names a {} of {} bytes; at most {} are allowed", whose, image.size, largest_image));
  if (kind > 1) refuse_delta(fmt::format("names a {} of the unknown kind {}", whose, kind));
  image.kind = kind == 1 ? ImageKind::tree : ImageKind::file;
  return image;
}

}  // namespace

void refuse_delta(const std::string& why) { throw Error(Fault::untrusted, "the delta " + why); }

std::uint64_t little_endian(const char* bytes, std::size_t count) {
  std::uint64_t number = 0;
  for (std::size_t i = count; i-- > 0;) number = number << 8U | static_cast<unsigned char>(bytes[i]);
  return number;
}

void put_little_endian(char* bytes, std::uint64_t number, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i, number >>= 8U) bytes[i] = static_cast<char>(number & 0xFFU);
}

std::string encode_header(const Header& header) {
  std::string bytes(header_size, '\0');
  std::copy(magic.begin(), magic.end(), bytes.begin());
  put_image(bytes, base_at, header.base);
  put_image(bytes, result_at, header.result);
  return bytes;
}

Header decode_header(std::string_view bytes) {
  if (bytes.substr(0, magic.size()) != magic) refuse_delta("does not begin as a delta of this format does");
  const Header header{.base = take_image(bytes, base_at, "base"), .result = take_image(bytes, result_at, "result")};
  if (encode_header(header) != bytes.substr(0, header_size))
    refuse_delta(fmt::format("has bytes other than 0 in the reserved part of its header (from byte {} on)", reserved_at));
  return header;
}

std::string encode_block_header(const BlockHeader& header) {
  std::string bytes(block_header_size, '\0');
  for (std::size_t i = 0; i < stream_count; ++i) {
    put_little_endian(&bytes[i * 8], header[i].plain, 4);
    put_little_endian(&bytes[i * 8 + 4], header[i].packed, 4);
  }
  return bytes;
}

BlockHeader decode_block_header(std::string_view bytes, std::uint64_t result) {
  BlockHeader header;
  for (std::size_t i = 0; i < stream_count; ++i) {
    header[i] = {.plain = static_cast<std::uint32_t>(little_endian(&bytes[i * 8], 4)),
                 .packed = static_cast<std::uint32_t>(little_endian(&bytes[i * 8 + 4], 4))};
    if (header[i].plain > block_size)
      refuse_delta(
          fmt::format("has a block whose stream {} has {} bytes; at most {} are allowed", i, header[i].plain, block_size));
    if (header[i].packed > longest_packed(header[i].plain))
      refuse_delta(fmt::format("has a block whose stream {} is packed longer than plain", i));
    if (header[i].packed == 0 && header[i].plain != 0)
      refuse_delta(fmt::format("has a block whose stream {} has {} bytes packed in none", i, header[i].plain));
  }
  if (header[fresh].plain > result) refuse_delta("has a block with more new bytes than the block makes");
  if (header[differences].plain % 4 != 0) refuse_delta("has a block whose differences are no whole words of 4 bytes");
  return header;
}

void put_number(std::string& bytes, std::uint64_t number) {
  for (; number >= 0x80U; number >>= bits_a_byte) bytes += static_cast<char>((number & 0x7FU) | 0x80U);
  bytes += static_cast<char>(number);
}

std::optional<std::uint64_t> take_number(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < most_bits && !bytes.empty(); shift += bits_a_byte) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) != 0) continue;
    if (byte == 0 && shift > 0) return std::nullopt;
    return number;
  }
  return std::nullopt;
}

}  // namespace ingot::delta
