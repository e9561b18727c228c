// [guard] withdrawals: how many a peer may declare in one run. Beyond that all of this peer's are held: a stolen key, or a slip
// of its owner, must not take all that came from it out of use unseen. `extract` refuses those copies meanwhile.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "reconciler/plan/guard/guard_texts.hpp"
#include "reconciler/plan/passes.hpp"

namespace ingot::plan {

void guard_withdrawals(const Situation& situation, const PlanOptions& options, Draft& draft) {
  const Guard& guard = situation.manifest.guard;
  std::map<ServerName, std::uint64_t> counts;
  for (const auto& one : draft.changes) {
    if (const auto* withdraw = std::get_if<WithdrawCopy>(&one.change.action)) ++counts[withdraw->peer];
  }
  if (counts.empty()) return;
  const std::uint64_t allowed = std::max(guard.withdrawals, options.raise_withdrawals.value_or(0));
  const std::string place = bound_place(guard.withdrawals_at, options.raise_withdrawals);
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](const auto& one, const auto& other) { return one.second < other.second; });
  draft.limits.push_back({"withdrawals", std::to_string(most->second), fmt::format("{} (from one peer)", allowed), place});
  std::erase_if(counts, [&](const auto& one) { return one.second <= allowed; });
  if (counts.empty()) return;
  const auto is_held = [&](const DraftChange& one) {
    const auto* withdraw = std::get_if<WithdrawCopy>(&one.change.action);
    return withdraw && counts.contains(withdraw->peer);
  };
  for (const auto& one : draft.changes) {
    if (!is_held(one)) continue;
    const auto& [peer, count] = *counts.find(std::get<WithdrawCopy>(one.change.action).peer);
    draft.held.push_back(
        {.address = one.change.address,
         .verb = one.change.verb,
         .code = Code::withdrawals,
         .text = fmt::format("{}; withdrawals of peer \"{}\": {} at once, {} allowed ({}): all of them are held, and none of "
                             "these images can be extracted until then",
                             one.change.because.front().text, peer.text(), count, allowed, place),
         .mend = "ask the peer's owner; if the withdrawals are right, " + how_to_raise("withdrawals", count),
         .because = one.change.because});
  }
  draft.erase(is_held);
}

}  // namespace ingot::plan
