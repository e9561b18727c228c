#include "schema/manifest/guard.hpp"

#include <algorithm>
#include <set>

#include "schema/manifest/own_places.hpp"

namespace ingot {

namespace {

/// What lies below a folder of each; of lists of which one says nothing, the other.
std::optional<std::vector<std::string>> below_both(const std::optional<std::vector<std::string>>& one,
                                                   const std::optional<std::vector<std::string>>& other) {
  if (!one || !other) return one ? one : other;
  std::set<std::string> both;
  const auto add = [&both](const std::vector<std::string>& folders, const std::vector<std::string>& within) {
    for (const std::string& folder : folders) {
      if (std::any_of(within.begin(), within.end(),
                      [&](const std::string& above) { return path_inside(folder, above).has_value(); }))
        both.insert(folder);
    }
  };
  add(*one, *other);
  add(*other, *one);
  return std::vector<std::string>(both.begin(), both.end());
}

}  // namespace

Guard strictest(const Guard& one, const Guard& other) {
  Guard both = one;
  if (!one.removals_at) {
    both.removal_count = other.removal_count;
    both.removal_percent = other.removal_percent;
    both.removals_at = other.removals_at;
  } else if (other.removals_at) {
    if (other.removal_count < one.removal_count || other.removal_percent < one.removal_percent)
      both.removals_at = other.removals_at;
    both.removal_count = std::min(one.removal_count, other.removal_count);
    both.removal_percent = std::min(one.removal_percent, other.removal_percent);
  }
  if (other.stops_at && (!one.stops_at || other.stops < one.stops)) {
    both.stops = other.stops;
    both.stops_at = other.stops_at;
  }
  if (other.withdrawals_at && (!one.withdrawals_at || other.withdrawals < one.withdrawals)) {
    both.withdrawals = other.withdrawals;
    both.withdrawals_at = other.withdrawals_at;
  }
  if (!both.git.clean) both.git.clean = other.git.clean;
  if (!both.git.forward) both.git.forward = other.git.forward;
  if (!both.git.is_signed) both.git.is_signed = other.git.is_signed;
  if (both.variables && other.variables) {
    std::erase_if(*both.variables, [&](const std::string& name) {
      return std::find(other.variables->begin(), other.variables->end(), name) == other.variables->end();
    });
  } else if (other.variables) {
    both.variables = other.variables;
  }
  both.export_to = below_both(one.export_to, other.export_to);
  both.export_run = below_both(one.export_run, other.export_run);
  for (const auto& file : other.signers) {
    if (std::find(both.signers.begin(), both.signers.end(), file) == both.signers.end()) both.signers.push_back(file);
  }
  return both;
}

}  // namespace ingot
