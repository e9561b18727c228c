#include "reconciler/plan/damaged.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace ingot {

std::string what_is_damaged(const DamagedImage& image) {
  if (image.path.empty()) return "its bytes are gone: " + image.why;
  return fmt::format("its bytes are damaged: \"{}\" of the store {}", image.path, image.why);
}

std::string how_to_mend(const DamagedImage& image) {
  if (image.copy) {
    return "put the file back from a backup, or have it copied again: say `keep = false` in its [[copy]], apply, take that out and apply again";
  }
  return "put the file back from a backup, or add it again: take it out of the manifest, apply, put it back with its `source` and apply again";
}

void block_damaged(Plan& plan, const std::vector<DamagedImage>& damaged) {
  if (damaged.empty()) return;
  std::set<Address> leaving;
  for (const auto& change : plan.actions) {
    if (!change.deferred && (change.verb == Verb::delete_ || change.verb == Verb::remove)) leaving.insert(change.address);
  }
  for (const auto& image : damaged) {
    const std::string text = what_is_damaged(image);
    const bool told = std::any_of(plan.blocked.begin(), plan.blocked.end(), [&](const Blocked& one) { return one.address == image.address && one.text == text; });
    if (told || leaving.contains(image.address)) continue;
    plan.blocked.push_back({.address = image.address,
                            .verb = Verb::publish,
                            .code = "damaged",
                            .text = text,
                            .mend = how_to_mend(image),
                            .at = std::nullopt});
  }
  std::stable_sort(plan.blocked.begin(), plan.blocked.end(), [](const Blocked& one, const Blocked& other) {
    return std::tie(one.address, one.verb, one.code, one.text) < std::tie(other.address, other.verb, other.code, other.text);
  });
}

}  // namespace ingot
