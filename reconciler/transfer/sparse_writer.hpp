// Writes a file from its start; where it is told so, it leaves holes where 4 KiB blocks are all zeros.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ingot::transfer {

enum class Zeros { written, holes };

class SparseWriter {
 public:
  /// `descriptor` stays the caller's; `path` is for messages.
  SparseWriter(int descriptor, std::string path, Zeros zeros) : descriptor_(descriptor), path_(std::move(path)), zeros_(zeros) {}
  void write(std::string_view bytes);
  /// Gives the file its length, also if it ends in a hole.
  void finish();

 private:
  void write_blocks(std::string_view blocks);
  void write_data(std::uint64_t offset, std::string_view bytes) const;

  int descriptor_;
  std::string path_;
  Zeros zeros_;
  std::uint64_t length_ = 0;  ///< of whole blocks
  std::string begun_;         ///< of the block that is not whole yet
};

}  // namespace ingot::transfer
