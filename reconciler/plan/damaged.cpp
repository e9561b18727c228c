#include "reconciler/plan/damaged.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace ingot {

std::string what_is_damaged(const DamagedImage& image) {
  return fmt::format("its file \"{}\" of the store {}", image.path, image.why);
}

std::string how_to_mend(const DamagedImage& image) {
  const std::string backup = "put the file back from a backup";
  // Nothing is taken away for it: what is taken out may not come back. The same bits are one file, whatever bears them; a copy
  // of the whole entry keeps its `exclude` and `digest`, and a private one tells no peer.
  return image.copy ? backup : backup + ", or add a copy of its [[image]] with the same source under another name, with `private = true`: the same bits serve both, and it can be taken out again";
}

void block_damaged(Plan& plan, const std::vector<DamagedImage>& damaged) {
  if (damaged.empty()) return;
  std::set<std::pair<Address, std::string>> told;
  for (const auto& one : plan.blocked) told.emplace(one.address, one.text);
  std::set<Address> leaving;
  for (const auto& change : plan.actions) {
    if (!change.deferred && (change.verb == Verb::delete_ || change.verb == Verb::remove)) leaving.insert(change.address);
  }
  for (const auto& image : damaged) {
    std::string text = what_is_damaged(image);
    if (leaving.contains(image.address) || !told.emplace(image.address, text).second) continue;
    plan.blocked.push_back({.address = image.address,
                            .verb = Verb::publish,
                            .code = "damaged",
                            .text = std::move(text),
                            .mend = how_to_mend(image),
                            .at = std::nullopt});
  }
  std::sort(plan.blocked.begin(), plan.blocked.end(), stands_before<Blocked>);
}

}  // namespace ingot
