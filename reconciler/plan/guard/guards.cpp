// Seat belts (R26): how many images one run may remove, and how many subscriptions and peers it may stop.
#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "reconciler/plan/guard/guard_texts.hpp"
#include "reconciler/plan/passes.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

namespace {

bool is_removal(const DraftChange& one) { return one.removes != 0 && !one.change.deferred; }
bool is_prune(const DraftChange& one) { return one.removes != 0 && one.unwanted_since; }
/// What the manifest itself asks for: an entry that was dropped, `keep = false`.
bool is_dropped(const DraftChange& one) { return one.removes != 0 && !one.unwanted_since; }
bool is_stop(const DraftChange& one) { return one.phase == Phase::stops || one.phase == Phase::unregistrations; }

/// What is removed needs no other change.
void drop_changes_of_removed(Draft& draft) {
  std::set<state::ImageKey> removed;
  std::set<Address> addresses;
  for (const auto& one : draft.changes) {
    if (!is_removal(one)) continue;
    removed.insert(one.removes);
    addresses.insert(one.change.address);
  }
  if (removed.empty()) return;
  draft.erase([&](const DraftChange& one) {
    const auto* update = std::get_if<UpdateCopy>(&one.change.action);
    const auto* withdraw = std::get_if<WithdrawCopy>(&one.change.action);
    if (one.change.verb == Verb::repair) return addresses.contains(one.change.address);
    return (update && removed.contains(update->row.key)) || (withdraw && removed.contains(withdraw->row.key));
  });
  std::erase_if(draft.wantedness, [&](const Wantedness& one) { return removed.contains(one.key); });
}

/// Those that no rule has wanted for the longest time go first, as many as `allowed`; the others wait for later runs.
void defer_prunes(std::uint64_t allowed, Draft& draft) {
  std::vector<DraftChange*> prunes;
  for (auto& one : draft.changes) {
    if (is_prune(one)) prunes.push_back(&one);
  }
  if (prunes.size() <= allowed) return;
  std::sort(prunes.begin(), prunes.end(), [](const DraftChange* one, const DraftChange* other) {
    return std::tie(*one->unwanted_since, one->change.address) < std::tie(*other->unwanted_since, other->change.address);
  });
  for (std::size_t i = allowed; i < prunes.size(); ++i) {
    prunes[i]->change.deferred = true;
    prunes[i]->change.deferred_why = fmt::format(
        "the guard of removals allows {} of {} removals by `prune`; what has been unwanted for the longest time goes first",
        allowed, prunes.size());
  }
}

void guard_removals(const Situation& situation, const PlanOptions& options, Draft& draft) {
  const Guard& guard = situation.manifest.guard;
  const std::uint64_t dropped = count_changes(draft, is_dropped), prunes = count_changes(draft, is_prune);
  const std::uint64_t allowed = removals_allowed(guard, situation.snapshot.images_total, options);
  const std::string bound =
      fmt::format("{} allowed ({}, {})", allowed, removal_bounds(guard, "image"), bound_place(guard.removals_at));
  const std::string images = counted(situation.snapshot.images_total, "image");
  if (dropped > allowed)
    hold(draft, is_dropped, Code::removals,
         fmt::format("removals: {} of {} planned, {}: nothing is removed", dropped, images, bound),
         "look at each removal; if all are right, " + how_to_raise("removals", dropped + prunes));
  if (allowed == 0)
    hold(draft, is_prune, Code::removals, fmt::format("removals: {}: nothing is removed", bound),
         "raise the limit in [guard] removals; or, for once, " + how_to_raise("removals", prunes));
  const std::uint64_t left_for_prunes = dropped > allowed ? allowed : allowed - dropped;
  const std::uint64_t deferred = allowed > 0 && prunes > left_for_prunes ? prunes - left_for_prunes : 0;
  draft.limits.push_back(
      {"removals", fmt::format("{}{}", dropped + prunes, deferred > 0 ? fmt::format(" ({} deferred)", deferred) : ""),
       removal_limit(guard, "image", allowed, options), bound_place(guard.removals_at, options.raise_removals)});
  defer_prunes(left_for_prunes, draft);
  drop_changes_of_removed(draft);
}

void guard_stops(const Situation& situation, const PlanOptions& options, Draft& draft) {
  const Guard& guard = situation.manifest.guard;
  const auto stops = static_cast<std::uint64_t>(std::count_if(draft.changes.begin(), draft.changes.end(), is_stop));
  const std::uint64_t allowed = std::max(guard.stops, options.raise_stops.value_or(0));
  draft.limits.push_back(
      {"stops", std::to_string(stops), std::to_string(allowed), bound_place(guard.stops_at, options.raise_stops)});
  if (stops <= allowed) return;
  hold(draft, is_stop, Code::stops,
       fmt::format("uninstantiations and unregistrations: {} planned, {} allowed ({}): none of them is done", stops, allowed,
                   bound_place(guard.stops_at)),
       "look at each of them; if all are right, " + how_to_raise("stops", stops));
}

}  // namespace

std::uint64_t removals_allowed(const Guard& guard, std::uint64_t all, const PlanOptions& options) {
  const double share = std::floor(static_cast<double>(all) * std::clamp(guard.removal_percent, 0.0, 100.0) / 100.0);
  const auto by_percent = static_cast<std::uint64_t>(share);
  const bool none = guard.removal_count == 0 || guard.removal_percent <= 0;
  const std::uint64_t allowed = none ? 0 : std::max<std::uint64_t>(1, std::min(guard.removal_count, by_percent));
  return std::max(allowed, options.raise_removals.value_or(0));
}

void hold(Draft& draft, bool (*concerned)(const DraftChange&), Code code, const std::string& text, const std::string& mend) {
  for (const auto& one : draft.changes) {
    if (!concerned(one)) continue;
    draft.held.push_back({.address = one.change.address,
                          .verb = one.change.verb,
                          .code = code,
                          .text = fmt::format("{}; {}", one.change.because.front().text, text),
                          .mend = mend,
                          .because = one.change.because});
  }
  draft.erase(concerned);
}

void apply_guards(const Situation& situation, const PlanOptions& options, Draft& draft) {
  guard_removals(situation, options, draft);
  guard_stops(situation, options, draft);
}

namespace {

void block_for_now(const Change& change, std::string why, Draft& draft) {
  draft.blocked.push_back({.address = change.address,
                           .verb = change.verb,
                           .code = Code::one_at_a_time,
                           .text = std::move(why),
                           .mend = "run \"ingot apply\" again",
                           .at = std::nullopt});
}

/// What leaves a folder whose link waits: the link must not lead nowhere. The address of the link is also that of the change that
/// goes first, so it does not say which of them is needed.
void block_unexports_of(const std::set<std::string>& folders, Draft& draft) {
  if (folders.empty()) return;
  draft.erase([&](const DraftChange& one) {
    const auto* const gone = std::get_if<Unexport>(&one.change.action);
    if (!gone || !folders.contains(gone->row.folder)) return false;
    if (!one.change.deferred)
      block_for_now(one.change, "the link of its folder waits for another change of the same export", draft);
    return true;
  });
}

}  // namespace

void keep_addresses_apart(Draft& draft) {
  if (!draft.addresses_repeat()) return;
  std::unordered_map<std::string, Phase> first;
  for (const auto& one : draft.changes) {
    const auto [place, fresh] = first.emplace(one.change.address.text, one.phase);
    if (!fresh) place->second = std::min(place->second, one.phase);
  }
  std::set<std::string> taken;
  std::set<std::string> folders;  // of links that wait
  draft.erase([&](const DraftChange& one) {
    if (one.phase == first.at(one.change.address.text) && taken.insert(one.change.address.text).second) return false;
    if (one.change.deferred) return true;  // a later run plans it again
    if (const auto* const link = std::get_if<SwitchLink>(&one.change.action)) folders.insert(link->folder);
    block_for_now(one.change, "another change of the same address goes first", draft);
    return true;
  });
  block_unexports_of(folders, draft);
}

}  // namespace ingot::plan
