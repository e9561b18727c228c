// Applies a delta as it streams by: base and delta → result, with less than 256 MiB, whatever their sizes (schema/delta.md).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "reconciler/delta/format.hpp"

namespace ingot::delta {

struct DecoderEnds {
  /// Called once, before anything of the base is read; what it throws ends the work. Says whether the delta is for this base.
  std::function<void(const Header& header)> begin;
  ReadAt base;                                         ///< within the size that the header says
  std::function<void(std::string_view bytes)> result;  ///< in order, at most block_size at once; right only after finish()
};

class Decoder {
 public:
  explicit Decoder(DecoderEnds ends);
  ~Decoder();
  /// Error{untrusted}: the bytes are no delta, or leave a bound. No input makes it take more memory.
  void write(std::string_view bytes);
  /// Error{untrusted}: the delta is cut short or damaged, or the base is not the one that it names.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot::delta
