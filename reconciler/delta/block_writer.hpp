// Units in order → the bytes of a delta.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "reconciler/delta/format.hpp"
#include "reconciler/delta/held_pieces.hpp"
#include "reconciler/delta/stream_pack.hpp"
#include "reconciler/delta/units.hpp"
#include "reconciler/io/hash.hpp"

namespace ingot::delta {

class BlockWriter {
 public:
  /// `result` reads bytes that cannot be copied after all; `out` gets the delta in order.
  BlockWriter(const Header& header, ReadAt result, std::function<void(std::string_view)> out);
  /// Units follow each other without gaps.
  void add(const Unit& unit);
  /// Once all of the result was added. Gives the length of the delta.
  std::uint64_t finish();

 private:
  void add_order(const Order& order, std::uint64_t to, const std::uint32_t* gaps, std::string_view words);
  bool may_read(std::uint64_t from, std::uint64_t length);
  void close_region();
  void flush();
  void put(std::string_view bytes);

  Header header_;
  ReadAt result_;
  std::function<void(std::string_view)> out_;
  io::Sha256 hash_;
  std::uint64_t length_ = 0;

  std::uint64_t done_ = 0;  ///< bytes of the result
  std::array<std::string, stream_count> plain_;
  std::array<StreamPacker, stream_count> packers_;
  std::uint64_t new_length_ = 0;  ///< of the order that is open
  std::uint64_t region_from_ = 0;
  std::uint64_t region_length_ = 0;  ///< of the order that is open; 0: none yet
  bool region_ends_short_ = false;
  std::uint64_t carried_ = 0;   ///< bytes of regions since the last word
  std::uint64_t expected_ = 0;  ///< where the base goes on after the last region that was closed
  HeldPieces pieces_;
};

}  // namespace ingot::delta
