// A stretch of the result as what a block says of it: orders, differences and new bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/delta/find_copies.hpp"

namespace ingot::delta {

/// No unit crosses a multiple of it in the result, so that blocks are made of whole units.
inline constexpr std::uint64_t unit_size = 1024 * 1024;

struct Order {
  std::uint64_t new_length = 0;  ///< new bytes before the region
  std::uint64_t from = 0;        ///< the region in the base
  std::uint64_t length = 0;      ///< 0: no region
  std::uint64_t words = 0;       ///< differences in it
  std::uint64_t tail = 0;        ///< bytes of it after the last difference; all if there is none
  bool ends_short = false;       ///< its last difference has less than 4 bytes
};

struct Unit {
  std::uint64_t to = 0;
  std::uint64_t length = 0;
  std::vector<Order> orders;
  std::vector<std::uint32_t> gaps;  ///< of each word: bytes since the last word of its region, or since the region's beginning
  std::string words;                ///< 4 bytes each
  std::string fresh;
};

/// The result at `to` as units. `copies` are relative to `bytes` and to `base`; `base` lies at `from` in the whole base.
std::vector<Unit> make_units(std::uint64_t to, std::string_view bytes, std::uint64_t from, std::string_view base,
                             const std::vector<Copy>& copies);

/// The result at `to` is the same as the base at `from`; nothing is read.
std::vector<Unit> units_of_same(std::uint64_t to, std::uint64_t from, std::uint64_t length);

}  // namespace ingot::delta
