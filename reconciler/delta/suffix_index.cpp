#include "reconciler/delta/suffix_index.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include <divsufsort.h>

#include "reconciler/delta/format.hpp"

namespace ingot::delta {

namespace {

constexpr std::size_t run = 8;
constexpr std::size_t compared_at_once = 4096;
constexpr std::size_t pairs = 65536;

std::size_t pair_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])) << 8U | static_cast<unsigned char>(bytes[at + 1]);
}

std::uint64_t mixed(std::string_view bytes, std::size_t at) { return little_endian(&bytes[at], run) * 0x9E3779B97F4A7C15U; }

}  // namespace

std::size_t common_length(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t length = 0;
  // memcmp is several times faster than this loop, and says only whether they differ.
  while (length + compared_at_once <= most && std::memcmp(&a[length], &b[length], compared_at_once) == 0)
    length += compared_at_once;
  for (; length + run <= most; length += run) {
    const std::uint64_t different = little_endian(&a[length], run) ^ little_endian(&b[length], run);
    if (different != 0) return length + static_cast<std::size_t>(std::countr_zero(different)) / 8;
  }
  while (length < most && a[length] == b[length]) ++length;
  return length;
}

void SuffixIndex::build(std::string_view base) {
  base_ = base;
  if (base.size() < run) return;
  sorted_.resize(base.size());
  // The library wants unsigned bytes and may return only for lack of memory.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  if (divsufsort(reinterpret_cast<const sauchar_t*>(base.data()), sorted_.data(), static_cast<saidx_t>(base.size())) != 0)
    throw std::bad_alloc();

  starts_.assign(pairs + 1, 0);
  for (std::size_t i = 0; i + 1 < base.size(); ++i) ++starts_[pair_at(base, i) + 1];
  // The last byte alone comes before all others that begin with it.
  ++starts_[static_cast<std::size_t>(static_cast<unsigned char>(base.back())) << 8U];
  for (std::size_t i = 1; i <= pairs; ++i) starts_[i] += starts_[i - 1];

  const auto filter_log = static_cast<unsigned>(std::bit_width(base.size() * 8 - 1));
  filter_shift_ = 64 - filter_log;
  seen_.assign(std::max<std::size_t>(std::size_t{1} << filter_log >> 6U, 1), 0);
  for (std::size_t i = 0; i + run <= base.size(); ++i) {
    const std::uint64_t bit = mixed(base, i) >> filter_shift_;
    seen_[bit >> 6U] |= std::uint64_t{1} << (bit & 63U);
  }
}

bool SuffixIndex::may_hold(std::string_view wanted) const {
  const std::uint64_t bit = mixed(wanted, 0) >> filter_shift_;
  return (seen_[bit >> 6U] >> (bit & 63U) & 1U) != 0;
}

SuffixIndex::Match SuffixIndex::longest(std::string_view wanted) const {
  if (base_.size() < run || wanted.size() < run || !may_hold(wanted)) return {};
  const std::size_t pair = pair_at(wanted, 0);
  std::size_t low = starts_[pair];
  std::size_t high = starts_[pair + 1];
  if (low == high) return {};
  // Suffixes below `low` are smaller than what is wanted, those from `high` on are not; each knows what it has in common with it.
  const std::size_t first = low;
  const std::size_t last = high;
  std::size_t low_common = 0;
  std::size_t high_common = 0;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const std::string_view suffix = base_.substr(static_cast<std::size_t>(sorted_[middle]));
    std::size_t common = std::min({low_common, high_common, suffix.size()});
    common += common_length(suffix.substr(common), wanted.substr(common));
    const bool smaller = common < wanted.size() && (common == suffix.size() || static_cast<unsigned char>(suffix[common]) <
                                                                                   static_cast<unsigned char>(wanted[common]));
    (smaller ? low : high) = smaller ? middle + 1 : middle;
    (smaller ? low_common : high_common) = common;
  }
  Match match;
  if (low > first) match = {.at = static_cast<std::size_t>(sorted_[low - 1]), .length = low_common};
  if (high < last && high_common > match.length) match = {.at = static_cast<std::size_t>(sorted_[high]), .length = high_common};
  return match.length < run ? Match{} : match;
}

}  // namespace ingot::delta
