#include "reconciler/transfer/left_out.hpp"

#include <numeric>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"

namespace ingot::transfer {

namespace {

constexpr std::size_t most_kept = 50;
constexpr std::size_t most_told = 10;

constexpr std::array<std::string_view, property_count> words{"owner", "set-id bits", "capability", "access control list",
                                                             "mode",  "time"};

}  // namespace

void LeftOut::add(Property property, const std::string& path) {
  ++counts_[static_cast<std::size_t>(property)];
  if (property != Property::owner && first_.size() < most_kept) first_.push_back({path, property});
}

std::uint64_t LeftOut::total_but_owners() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}) - count(Property::owner);
}

std::string LeftOut::text() const {
  std::string text;
  for (const Property property : {Property::set_id, Property::capability, Property::acl, Property::mode, Property::time}) {
    if (count(property) > 0) text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", text_of(property), count(property));
  }
  for (std::size_t i = 0; i < first_.size() && i < most_told; ++i) {
    text += fmt::format("{}\"{}\" ({})", i == 0 ? ": " : ", ", io::printable(first_[i].path), text_of(first_[i].property));
  }
  if (total_but_owners() > most_told) text += fmt::format("; and {} more", total_but_owners() - most_told);
  return text;
}

std::string_view text_of(Property property) { return words[static_cast<std::size_t>(property)]; }

}  // namespace ingot::transfer
