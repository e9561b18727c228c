#include "schema/text/natural_order.hpp"

#include <algorithm>
#include <compare>

#include "schema/text/text.hpp"

namespace ingot {

namespace {

/// Takes the digits that `text` begins with, without leading zeros.
std::string_view take_number(std::string_view& text) {
  const auto end = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  std::string_view number = text.substr(0, end);
  text.remove_prefix(end);
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

std::strong_ordering compare_numbers(std::string_view one, std::string_view other) {
  if (const auto length = one.size() <=> other.size(); length != 0) return length;
  return one.compare(other) <=> 0;
}

std::strong_ordering compare_bytes(char one, char other) {
  return static_cast<unsigned char>(one) <=> static_cast<unsigned char>(other);
}

std::strong_ordering compare_naturally(std::string_view one, std::string_view other) {
  while (!one.empty() && !other.empty()) {
    if (is_digit(one.front()) && is_digit(other.front())) {
      const std::string_view number = take_number(one);
      if (const auto order = compare_numbers(number, take_number(other)); order != 0) return order;
      continue;
    }
    if (const auto order = compare_bytes(one.front(), other.front()); order != 0) return order;
    one.remove_prefix(1);
    other.remove_prefix(1);
  }
  return one.size() <=> other.size();
}

}  // namespace

bool natural_less(std::string_view one, std::string_view other) {
  const auto order = compare_naturally(one, other);
  return order == 0 ? one < other : order < 0;
}

}  // namespace ingot
