// Any range of an image's plain bytes, out of its packed segments. Each segment is verified when it is unpacked.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/io/disk/files.hpp"
#include "schema/catalog/segments.hpp"

namespace ingot::store {

/// Holds at most segments_held unpacked segments. Not thread-safe.
class PlainReader {
 public:
  static constexpr std::size_t segments_held = 16;

  /// `path`: a file of packed segments. Error{local}: it cannot be opened.
  PlainReader(io::Files& files, std::string path, SegmentTable table);

  std::uint64_t size() const { return table_.plain; }
  /// Just the bytes of `into`, from `offset` on, which must be within size(). Error{local}: they are damaged.
  void read(std::uint64_t offset, std::span<char> into);

 private:
  struct Held {
    std::size_t segment = 0;
    std::string plain;
  };
  const std::string& segment(std::size_t number);

  std::string path_;
  std::unique_ptr<io::File> file_;
  SegmentTable table_;
  std::vector<std::uint64_t> offsets_;  ///< of the packed segments
  std::list<Held> held_;                ///< the one that was used last first
  std::string packed_;
};

}  // namespace ingot::store
