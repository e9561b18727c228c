#include "reconciler/delta/units.hpp"

#include <algorithm>

#include "reconciler/delta/format.hpp"
#include "reconciler/delta/suffix_index.hpp"

namespace ingot::delta {

namespace {

std::uint64_t end_of_unit(std::uint64_t at) { return (at / unit_size + 1) * unit_size; }

class UnitMaker {
 public:
  UnitMaker(std::uint64_t to, std::string_view bytes, std::uint64_t from, std::string_view base)
      : to_(to), bytes_(bytes), from_(from), base_(base) {
    unit_.to = to;
  }

  void add_new(std::uint64_t until) {
    while (at_ < until) {
      const std::uint64_t end = std::min(until, end_of_unit(to_ + at_) - to_);
      unit_.fresh.append(bytes_.substr(at_, end - at_));
      pending_new_ += end - at_;
      go_to(end);
    }
  }

  void add_copy(const Copy& copy) {
    std::uint64_t from = copy.from;
    while (at_ < copy.to + copy.length) {
      const std::uint64_t end = std::min(copy.to + copy.length, end_of_unit(to_ + at_) - to_);
      const std::uint64_t length = end - at_;
      if (add_region(from, length))
        go_to(end);
      else
        add_new(end);
      from += length;
    }
  }

  std::vector<Unit> finish() {
    close();
    return std::move(units_);
  }

 private:
  void go_to(std::uint64_t end) {
    at_ = end;
    if ((to_ + at_) % unit_size == 0) close();
  }

  void close() {
    if (pending_new_ > 0) unit_.orders.push_back({.new_length = pending_new_});
    pending_new_ = 0;
    unit_.length = to_ + at_ - unit_.to;
    if (unit_.length > 0) units_.push_back(std::move(unit_));
    unit_ = {};
    unit_.to = to_ + at_;
  }

  /// false: it is too short or too different to be worth it.
  bool add_region(std::uint64_t from, std::uint64_t length) {
    if (length < shortest_copy) return false;
    const std::string_view wanted = bytes_.substr(at_, length);
    const std::string_view region = base_.substr(from, length);
    Order order{.new_length = pending_new_, .from = from_ + from, .length = length};
    const std::size_t gaps_before = unit_.gaps.size();
    const std::size_t words_before = unit_.words.size();
    std::size_t after_last = 0;
    for (std::size_t i = common_length(wanted, region); i < length;) {
      const std::size_t count = std::min<std::size_t>(word_size, length - i);
      char word[word_size] = {};
      put_little_endian(word, little_endian(&wanted[i], count) - little_endian(&region[i], count), count);
      unit_.gaps.push_back(static_cast<std::uint32_t>(i - after_last));
      unit_.words.append(word, word_size);
      order.ends_short = count < word_size;
      i += count;
      after_last = i;
      ++order.words;
      i += common_length(wanted.substr(i), region.substr(i));
    }
    if (order.words * word_size * 4 > length * 3) {
      unit_.gaps.resize(gaps_before);
      unit_.words.resize(words_before);
      return false;
    }
    order.tail = length - after_last;
    unit_.orders.push_back(order);
    pending_new_ = 0;
    return true;
  }

  std::uint64_t to_;
  std::string_view bytes_;
  std::uint64_t from_;
  std::string_view base_;
  std::uint64_t at_ = 0;           ///< in `bytes_`
  std::uint64_t pending_new_ = 0;  ///< of the unit, not in an order yet
  Unit unit_;
  std::vector<Unit> units_;
};

}  // namespace

std::vector<Unit> make_units(std::uint64_t to, std::string_view bytes, std::uint64_t from, std::string_view base,
                             const std::vector<Copy>& copies) {
  UnitMaker maker(to, bytes, from, base);
  for (const Copy& copy : copies) {
    maker.add_new(copy.to);
    maker.add_copy(copy);
  }
  maker.add_new(bytes.size());
  return maker.finish();
}

std::vector<Unit> units_of_same(std::uint64_t to, std::uint64_t from, std::uint64_t length) {
  std::vector<Unit> units;
  for (std::uint64_t at = 0; at < length;) {
    const std::uint64_t end = std::min(length, end_of_unit(to + at) - to);
    Unit unit;
    unit.to = to + at;
    unit.length = end - at;
    unit.orders.push_back({.from = from + at, .length = end - at, .tail = end - at});
    units.push_back(std::move(unit));
    at = end;
  }
  return units;
}

}  // namespace ingot::delta
