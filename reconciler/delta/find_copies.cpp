#include "reconciler/delta/find_copies.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "reconciler/delta/format.hpp"

namespace ingot::delta {

namespace {

/// A match elsewhere must be so much longer than what the last one, carried on, has equal.
constexpr std::size_t advantage = 8;
/// Bytes looked at ahead. If most of them are equal where the last match goes on, a better place is searched only now and then.
constexpr std::size_t ahead = 32;
constexpr std::size_t enough_ahead = 24;
constexpr std::size_t search_every = 64;

std::size_t equal_bytes(std::string_view a, std::string_view b, std::size_t count) {
  std::size_t equal = 0;
  for (std::size_t i = 0; i < count; ++i) equal += a[i] == b[i] ? 1U : 0U;
  return equal;
}

class Scan {
 public:
  Scan(const SuffixIndex& index, std::string_view bytes) : index_(index), base_(index.base()), bytes_(bytes) {}

  std::vector<Copy> run() {
    while (at_ < bytes_.size()) {
      at_ += match_.length;
      const std::size_t score = look_for_better();
      if (match_.length == score && at_ < bytes_.size()) continue;  // it is where the last one goes on
      keep_last();
    }
    return std::move(copies_);
  }

 private:
  /// Whether the last match, carried on to `at`, is inside the base; and where.
  bool carried_on(std::size_t at, std::size_t& from) const {
    from = last_from_ + (at - last_at_);
    return from < base_.size();
  }
  bool is_equal(std::size_t at) const {
    std::size_t from = 0;
    return carried_on(at, from) && base_[from] == bytes_[at];
  }

  /// Moves to the next place that is worth a match, or to the end. Gives how many of the match's bytes are equal also where the
  /// last one goes on.
  std::size_t look_for_better() {
    std::size_t score = 0;
    std::size_t scored = at_;
    match_ = {};
    while (at_ < bytes_.size()) {
      if (const std::size_t passed = pass_what_fits(); passed > 0) {
        at_ += passed;
        score = 0;
        scored = at_;
        continue;
      }
      searched_ = at_;
      match_ = index_.longest(bytes_.substr(at_));
      for (; scored < at_ + match_.length; ++scored) score += is_equal(scored) ? 1U : 0U;
      if (match_.length > 0 && (match_.length == score || match_.length > score + advantage)) return score;
      if (scored > at_ && is_equal(at_)) --score;
      ++at_;
      scored = std::max(scored, at_);
    }
    match_ = {};
    return 0;
  }

  /// Bytes from here on that fit so well where the last match goes on that no search is due.
  std::size_t pass_what_fits() {
    std::size_t from = 0;
    if (!carried_on(at_, from)) return 0;
    const std::size_t left = std::min(bytes_.size() - at_, base_.size() - from);
    const std::size_t looked = std::min(ahead, left);
    if (looked < advantage) return 0;
    const std::size_t equal = equal_bytes(bytes_.substr(at_), base_.substr(from), looked);
    if (equal == looked) return common_length(bytes_.substr(at_), base_.substr(from));
    if (equal * ahead < enough_ahead * looked || at_ - searched_ >= search_every) return 0;
    return advantage;
  }

  /// The region of the last match, from where it began to where its bytes stop being mostly equal, and the same backwards
  /// for the match that was found. Where both meet, the border is where fewest bytes differ.
  void keep_last() {
    std::size_t forward = reach_forward();
    std::size_t backward = at_ < bytes_.size() ? reach_backward() : 0;
    if (last_at_ + forward > at_ - backward) {
      const std::size_t overlap = last_at_ + forward - (at_ - backward);
      const std::size_t kept = best_border(forward, backward, overlap);
      forward -= overlap - kept;
      backward -= kept;
    }
    if (forward >= shortest_copy) copies_.push_back({.to = last_at_, .from = last_from_, .length = forward});
    last_at_ = at_ - backward;
    last_from_ = match_.at - backward;
  }

  std::size_t reach_forward() const {
    std::ptrdiff_t best = 0;
    std::ptrdiff_t now = 0;
    std::size_t reach = 0;
    const std::size_t most = std::min(at_ - last_at_, base_.size() - last_from_);
    for (std::size_t i = 0; i < most; ++i) {
      now += base_[last_from_ + i] == bytes_[last_at_ + i] ? 1 : -1;
      if (now > best) {
        best = now;
        reach = i + 1;
      }
    }
    return reach;
  }

  std::size_t reach_backward() const {
    std::ptrdiff_t best = 0;
    std::ptrdiff_t now = 0;
    std::size_t reach = 0;
    const std::size_t most = std::min(at_ - last_at_, match_.at);
    for (std::size_t i = 1; i <= most; ++i) {
      now += base_[match_.at - i] == bytes_[at_ - i] ? 1 : -1;
      if (now > best) {
        best = now;
        reach = i;
      }
    }
    return reach;
  }

  std::size_t best_border(std::size_t forward, std::size_t backward, std::size_t overlap) const {
    std::ptrdiff_t best = 0;
    std::ptrdiff_t now = 0;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < overlap; ++i) {
      if (bytes_[last_at_ + forward - overlap + i] == base_[last_from_ + forward - overlap + i]) ++now;
      if (bytes_[at_ - backward + i] == base_[match_.at - backward + i]) --now;
      if (now > best) {
        best = now;
        kept = i + 1;
      }
    }
    return kept;
  }

  const SuffixIndex& index_;
  std::string_view base_;
  std::string_view bytes_;
  std::size_t at_ = 0;
  SuffixIndex::Match match_;
  std::size_t last_at_ = 0;    ///< where the last match begins, in the new bytes …
  std::size_t last_from_ = 0;  ///< … and in the base
  std::size_t searched_ = 0;
  std::vector<Copy> copies_;
};

}  // namespace

std::vector<Copy> find_copies(const SuffixIndex& base, std::string_view bytes) { return Scan(base, bytes).run(); }

}  // namespace ingot::delta
