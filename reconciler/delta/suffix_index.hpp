// All suffixes of some bytes in order, to find where they hold the longest beginning of others. 4 bytes of memory a byte, and 1
// more.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ingot::delta {

/// Bytes from the beginning on that are the same in both.
std::size_t common_length(std::string_view a, std::string_view b);

class SuffixIndex {
 public:
  struct Match {
    std::size_t at = 0;
    std::size_t length = 0;  ///< 0: nothing of use
  };
  /// Sorts; less than 2 GiB, which must outlive what is asked. Memory is used again.
  void build(std::string_view base);
  std::string_view base() const { return base_; }
  /// The longest of at least 8 bytes; the same on every machine.
  Match longest(std::string_view wanted) const;

 private:
  bool may_hold(std::string_view wanted) const;

  std::string_view base_;
  std::vector<std::int32_t> sorted_;
  std::vector<std::uint32_t> starts_;  ///< of the suffixes with each first two bytes
  std::vector<std::uint64_t> seen_;    ///< a filter of all runs of 8 bytes
  unsigned filter_shift_ = 0;
};

}  // namespace ingot::delta
