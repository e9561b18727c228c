// Cuts the making of a delta into tasks that any thread can do: which part of the result is compared with which of the base.
#pragma once

#include <cstdint>
#include <functional>

#include "reconciler/delta/format.hpp"

namespace ingot::delta {

/// An image and its canonical bytes. `read` is used by one thread at a time.
struct Source {
  Image image;
  ReadAt read;
};

struct Task {
  enum class How {
    same,     ///< the bytes are the same; nothing is read
    aligned,  ///< of the same length, and most bytes are the same
    search,   ///< a suffix array finds what is like what; no base: all is new
  };
  How how = How::search;
  std::uint64_t to = 0;
  std::uint64_t length = 0;
  std::uint64_t from = 0;
  std::uint64_t from_length = 0;
};

/// Of a search, new bytes and base: bounds the memory that one takes.
inline constexpr std::uint64_t most_searched = 16 * 1024 * 1024;
inline constexpr std::uint64_t most_searched_in = 16 * 1024 * 1024;

/// Of a task whose bytes are the same.
inline constexpr std::uint64_t most_same = 64 * 1024 * 1024;
/// All searches together sort so many bytes of the base for each byte of both images, and most_searched_in more; what is beyond
/// is searched in few bytes each. Members of a tree may all be like one that is huge.
inline constexpr std::uint64_t most_work = 4;

/// Gives tasks in order of `to`, which cover the result. The same on every machine. May read both images.
void plan_tasks(const Source& base, const Source& result, const std::function<void(const Task&)>& give);

}  // namespace ingot::delta
