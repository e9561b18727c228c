// Where new bytes are like old ones: regions that are mostly equal, as bsdiff finds them (Colin Percival, "Naive differences of
// executable code", 2003).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "reconciler/delta/suffix_index.hpp"

namespace ingot::delta {

/// `length` bytes at `to` of the new are like those at `from` of the base.
struct Copy {
  std::uint64_t to = 0;
  std::uint64_t from = 0;
  std::uint64_t length = 0;
  bool operator==(const Copy&) const = default;
};

/// In order of `to`, without overlaps; the bytes between them are like nothing. The same on every machine.
std::vector<Copy> find_copies(const SuffixIndex& base, std::string_view bytes);

}  // namespace ingot::delta
