// How often a reader that holds few pieces of the base has to load one. Bounds what a hostile delta can cost.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "reconciler/delta/format.hpp"

namespace ingot::delta {

/// Pieces of an image of `size` bytes.
constexpr std::uint64_t piece_count(std::uint64_t size) { return size / piece_size + (size % piece_size == 0 ? 0 : 1); }

/// So many loads a delta may cost.
constexpr std::uint64_t most_loads(const Header& header) {
  return 64 + 4 * (piece_count(header.base.size) + piece_count(header.result.size));
}

/// The pieces used last. Counts only; holds no bytes.
class HeldPieces {
 public:
  /// Bytes of the base are read (length > 0).
  void use(std::uint64_t offset, std::uint64_t length) {
    for (std::uint64_t piece = offset / piece_size; piece <= (offset + length - 1) / piece_size; ++piece) use_piece(piece);
  }
  std::uint64_t loads() const { return loads_; }

 private:
  void use_piece(std::uint64_t piece) {
    std::size_t oldest = 0;
    for (std::size_t i = 0; i < pieces_held; ++i) {
      if (used_[i] != 0 && held_[i] == piece) {
        used_[i] = ++clock_;
        return;
      }
      if (used_[i] < used_[oldest]) oldest = i;
    }
    held_[oldest] = piece;
    used_[oldest] = ++clock_;
    ++loads_;
  }

  std::array<std::uint64_t, pieces_held> held_{};
  std::array<std::uint64_t, pieces_held> used_{};  ///< by the clock; 0: never
  std::uint64_t clock_ = 0;
  std::uint64_t loads_ = 0;
};

}  // namespace ingot::delta
