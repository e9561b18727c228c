// Bytes of a part of an image as they are asked for, from a buffer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "reconciler/delta/format.hpp"

namespace ingot::delta {

class Window {
 public:
  /// Of the `length` bytes from `begin` on.
  Window(ReadAt read, std::uint64_t begin, std::uint64_t length) : read_(std::move(read)), begin_(begin), length_(length) {}

  std::uint64_t length() const { return length_; }
  /// `count` bytes at `at`, or as many as there are; good until the next call.
  std::string_view view(std::uint64_t at, std::uint64_t count) {
    if (at >= length_) return {};
    count = std::min(count, length_ - at);
    if (at < at_ || at + count > at_ + buffer_.size()) {
      buffer_.resize(std::min(std::max(count, most), length_ - at));
      at_ = at;
      read_(begin_ + at, buffer_);
    }
    return std::string_view(buffer_).substr(at - at_, count);
  }

  static constexpr std::uint64_t most = 1024 * 1024;

 private:
  ReadAt read_;
  std::uint64_t begin_;
  std::uint64_t length_;
  std::uint64_t at_ = 0;
  std::string buffer_;
};

}  // namespace ingot::delta
