// Where large new bytes hold the very bytes of a large base, whatever the distance: by a rolling hash over blocks, streaming.
#pragma once

#include <cstdint>
#include <functional>

#include "reconciler/delta/find_copies.hpp"
#include "reconciler/delta/window.hpp"

namespace ingot::delta {

/// Bytes of a block for a base of `size` bytes: 4 KiB, or more, so that there are at most 2^22 of them.
std::uint64_t block_length(std::uint64_t size);

/// Gives the copies in order of `to`, without overlaps; each is one block long at least, or ends with the new bytes. Reads the
/// base once in order, then both in step. At most 80 MiB of memory.
void find_same_blocks(Window& base, Window& bytes, const std::function<void(const Copy&)>& found);

}  // namespace ingot::delta
