#include "reconciler/delta/same_blocks.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/delta/suffix_index.hpp"

namespace ingot::delta {

namespace {

constexpr std::uint64_t shortest_block = 4096;
constexpr std::uint64_t most_blocks = std::uint64_t{1} << 22U;
constexpr std::uint64_t factor = 0x9E3779B97F4A7C15U;
constexpr std::uint64_t most_probes = 16;
constexpr std::uint64_t step = 64 * 1024;

std::uint64_t power(std::uint64_t exponent) {
  std::uint64_t result = 1;
  for (std::uint64_t base = factor; exponent > 0; exponent >>= 1U, base *= base)
    if ((exponent & 1U) != 0) result *= base;
  return result;
}

std::uint64_t value(char c) { return static_cast<unsigned char>(c) + std::uint64_t{1}; }

/// A polynomial over the bytes, modulo 2^64. In four lanes, because each step waits for the last one.
std::uint64_t hash_of(std::string_view block, std::uint64_t lane_power) {
  const std::size_t lane = block.size() / 4;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint64_t c = 0;
  std::uint64_t d = 0;
  for (std::size_t i = 0; i < lane; ++i) {
    a = a * factor + value(block[i]);
    b = b * factor + value(block[lane + i]);
    c = c * factor + value(block[2 * lane + i]);
    d = d * factor + value(block[3 * lane + i]);
  }
  return ((a * lane_power + b) * lane_power + c) * lane_power + d;
}

/// Much of a disk image is zeros, and this is ten times faster than hashing them.
bool is_zeros(std::string_view bytes) {
  return bytes.front() == '\0' && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

/// The low bits of a polynomial modulo 2^64 depend on the low bits of its terms only.
std::uint64_t mixed(std::uint64_t hash) {
  hash ^= hash >> 32U;
  hash *= 0xD6E8FEB86659FD93U;
  return hash ^ hash >> 32U;
}

/// The blocks of the base by their hash; of equal ones the first.
class BlockIndex {
 public:
  BlockIndex(Window& base, std::uint64_t block) : block_(block), lane_power_(power(block / 4)) {
    const std::uint64_t count = base.length() / block;
    const std::uint64_t slots = std::bit_ceil(std::max<std::uint64_t>(count * 2, 16));
    slots_.assign(slots, 0);
    filter_.assign(std::max<std::uint64_t>(slots / 8, 1), 0);
    const std::uint64_t of_zeros = mixed(hash_of(std::string(block, '\0'), lane_power_));
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string_view bytes = base.view(i * block, block);
      const std::uint64_t hash = is_zeros(bytes) ? of_zeros : mixed(hash_of(bytes, lane_power_));
      if (i > 0 && hash == last) continue;  // runs of zeros
      last = hash;
      add(hash, i);
    }
  }

  std::uint64_t hash(std::string_view block) const { return hash_of(block, lane_power_); }
  /// The offset of a block that has this hash.
  std::optional<std::uint64_t> find(std::uint64_t rolled) const {
    const std::uint64_t hash = mixed(rolled);
    const std::uint64_t bit = hash & (filter_.size() * 64 - 1);
    if ((filter_[bit >> 6U] >> (bit & 63U) & 1U) == 0) return std::nullopt;
    for (std::uint64_t probe = 0; probe < most_probes; ++probe) {
      const std::uint64_t slot = slots_[(hash + probe) & (slots_.size() - 1)];
      if (slot == 0) return std::nullopt;
      if (slot >> 24U == tag(hash)) return ((slot & 0xFFFFFFU) - 1) * block_;
    }
    return std::nullopt;
  }

 private:
  static std::uint64_t tag(std::uint64_t hash) { return hash >> 24U; }

  void add(std::uint64_t hash, std::uint64_t number) {
    for (std::uint64_t probe = 0; probe < most_probes; ++probe) {
      std::uint64_t& slot = slots_[(hash + probe) & (slots_.size() - 1)];
      if (slot != 0 && slot >> 24U == tag(hash)) return;
      if (slot != 0) continue;
      slot = tag(hash) << 24U | (number + 1);
      const std::uint64_t bit = hash & (filter_.size() * 64 - 1);
      filter_[bit >> 6U] |= std::uint64_t{1} << (bit & 63U);
      return;
    }
  }

  std::uint64_t block_;
  std::uint64_t lane_power_;
  std::vector<std::uint64_t> slots_;   ///< 40 bits of the hash, and the number of the block and 1; 0: free
  std::vector<std::uint64_t> filter_;  ///< 8 bits a slot
};

class Search {
 public:
  Search(Window& base, Window& bytes)
      : base_(base), bytes_(bytes), block_(block_length(base.length())), index_(base, block_), leading_power_(power(block_)) {}

  void run(const std::function<void(const Copy&)>& found) {
    while (at_ < bytes_.length()) {
      const std::uint64_t length = common(at_, from_);
      if (length >= block_ || (length > 0 && at_ + length == bytes_.length())) {
        found({.to = at_, .from = from_, .length = length});
        at_ += length;
        from_ += length;
      }
      if (!go_to_next()) return;
    }
  }

 private:
  std::uint64_t common(std::uint64_t at, std::uint64_t from, std::uint64_t most = UINT64_MAX) {
    std::uint64_t length = 0;
    while (length < most) {
      const std::uint64_t count = std::min(Window::most, most - length);
      const std::string_view here = bytes_.view(at + length, count);
      const std::string_view there = base_.view(from + length, count);
      const std::uint64_t same = common_length(here, there);
      length += same;
      if (same == 0 || same < std::max(here.size(), there.size())) break;
    }
    return length;
  }

  bool is_same_block(std::uint64_t at, std::uint64_t from) { return common(at, from, block_) == block_; }

  /// Goes to the next place where a block is that the base has, too; false: there is none. It may be where the base goes on after
  /// the last copy, for changes in place, or anywhere.
  bool go_to_next() {
    const std::uint64_t begin = at_;
    const std::uint64_t expected = from_;
    for (std::uint64_t at = begin; at + block_ <= bytes_.length();) {
      const std::uint64_t end = std::min(at + step, bytes_.length() - block_ + 1);
      stretch_ = bytes_.view(at, end - at + block_ - 1);
      std::uint64_t rolled = index_.hash(std::string_view(stretch_).substr(0, block_));
      for (std::uint64_t i = 0;;) {
        const std::uint64_t here = at + i;
        const std::uint64_t there = expected + (here - begin);
        if (here % block_ == 0 && here > begin && is_same_block(here, there)) return go_to(here, there);
        if (const auto from = index_.find(rolled); from && is_same_block(here, *from)) return go_to(here, *from);
        if (++i == end - at) break;
        rolled = rolled * factor + value(stretch_[i - 1 + block_]) - value(stretch_[i - 1]) * leading_power_;
      }
      at = end;
    }
    return false;
  }

  /// Also takes what is the same directly before.
  bool go_to(std::uint64_t at, std::uint64_t from) {
    const std::uint64_t most = std::min({at - at_, from, block_});
    std::uint64_t back = 0;
    const std::string_view here = bytes_.view(at - most, most);
    const std::string_view there = base_.view(from - most, most);
    while (back < most && here[most - back - 1] == there[most - back - 1]) ++back;
    at_ = at - back;
    from_ = from - back;
    return true;
  }

  std::uint64_t at_ = 0;
  std::uint64_t from_ = 0;
  Window& base_;
  Window& bytes_;
  std::uint64_t block_;
  BlockIndex index_;
  std::uint64_t leading_power_;
  std::string stretch_;
};

}  // namespace

std::uint64_t block_length(std::uint64_t size) {
  return std::max(shortest_block, std::bit_ceil((size + most_blocks - 1) / most_blocks));
}

void find_same_blocks(Window& base, Window& bytes, const std::function<void(const Copy&)>& found) {
  Search(base, bytes).run(found);
}

}  // namespace ingot::delta
