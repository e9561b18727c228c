// The one order of a plan (R23): phase, then dependency, then priority, failures and turns for copies, then address.
#include <algorithm>
#include <map>
#include <queue>
#include <tuple>
#include <unordered_map>

#include "reconciler/plan/passes.hpp"
#include "reconciler/plan/sorting.hpp"

namespace ingot::plan {

namespace {

/// Ranks of one phase, smallest first, such that what must be done before comes before. What goes round in a circle
/// keeps its rank.
std::vector<std::size_t> by_dependency(std::size_t count, const std::vector<std::vector<std::size_t>>& dependents,
                                       std::vector<std::size_t> open) {
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < count; ++i) {
    if (open[i] == 0) ready.push(i);
  }
  std::vector<std::size_t> order;
  std::vector<bool> placed(count);
  const auto place = [&](std::size_t i) {
    placed[i] = true;
    order.push_back(i);
    for (const std::size_t dependent : dependents[i]) {
      if (open[dependent] > 0 && --open[dependent] == 0 && !placed[dependent]) ready.push(dependent);
    }
  };
  for (std::size_t next = 0; order.size() < count;) {
    if (!ready.empty()) {
      const std::size_t i = ready.top();
      ready.pop();
      if (!placed[i]) place(i);
      continue;
    }
    while (placed[next]) ++next;
    place(next);
  }
  return order;
}

/// Places of the addresses that somebody waits for; few, however many changes there are.
class Places {
 public:
  static constexpr auto nowhere = static_cast<std::size_t>(-1);

  void want(const Change& change) {
    for (const auto& before : change.after) places_.try_emplace(before.text, nowhere);
  }
  bool wanted() const { return !places_.empty(); }
  void put(const Change& change, std::size_t place) {
    const auto found = places_.find(change.address.text);
    if (found != places_.end() && found->second == nowhere) found->second = place;
  }
  /// `nowhere` if no change has this address.
  std::size_t of(const Address& address) const { return places_.at(address.text); }

 private:
  std::unordered_map<std::string, std::size_t> places_;
};

/// `sorted` holds places in `changes` of one phase.
void settle_phase(std::vector<std::size_t>& sorted, const std::deque<DraftChange>& changes) {
  Places ranks;
  for (const std::size_t place : sorted) ranks.want(changes[place].change);
  if (!ranks.wanted()) return;
  for (std::size_t i = 0; i < sorted.size(); ++i) ranks.put(changes[sorted[i]].change, i);
  std::vector<std::vector<std::size_t>> dependents(sorted.size());
  std::vector<std::size_t> open(sorted.size());
  bool any = false;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (const auto& before : changes[sorted[i]].change.after) {
      const std::size_t rank = ranks.of(before);
      if (rank == Places::nowhere || rank == i) continue;
      dependents[rank].push_back(i);
      ++open[i];
      any = true;
    }
  }
  if (!any) return;
  std::vector<std::size_t> order;
  order.reserve(sorted.size());
  for (const std::size_t i : by_dependency(sorted.size(), dependents, std::move(open))) order.push_back(sorted[i]);
  sorted = std::move(order);
}

/// Only what comes before it in this plan, and is done by it, is waited for.
void keep_real_dependencies(std::vector<Change>& actions) {
  Places places;
  for (const auto& action : actions) places.want(action);
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (!actions[i].deferred) places.put(actions[i], i);
  }
  for (std::size_t i = 0; i < actions.size(); ++i) {
    auto& after = actions[i].after;
    std::erase_if(after, [&](const Address& before) { return places.of(before) >= i; });
    std::sort(after.begin(), after.end());
    after.erase(std::unique(after.begin(), after.end()), after.end());
  }
}

/// The places of each phase's changes, sorted.
std::map<Phase, std::vector<std::size_t>> by_phase(const std::deque<DraftChange>& changes) {
  std::map<Phase, std::vector<std::size_t>> phases;
  for (std::size_t i = 0; i < changes.size(); ++i) phases[changes[i].phase].push_back(i);
  for (auto& [phase, places] : phases) {
    sort_if_needed(places, [&](std::size_t one, std::size_t other) { return goes_before(changes[one], changes[other]); });
  }
  return phases;
}

}  // namespace

bool goes_before(const DraftChange& one, const DraftChange& other) {
  return std::tie(other.priority, one.failing, one.turn, one.change.address) <
         std::tie(one.priority, other.failing, other.turn, other.change.address);
}

void take_turns(const Situation& situation, Draft& draft) {
  std::map<std::tuple<std::int64_t, bool, ServerName>, std::vector<DraftChange*>> queues;
  for (auto& one : draft.changes) {
    const ServerName* peer = source_of(one.change.action);
    if (!peer) continue;
    one.failing = situation.snapshot.failing.contains(one.change.address);
    queues[{one.priority, one.failing, *peer}].push_back(&one);
  }
  for (auto& [key, queue] : queues) {
    sort_if_needed(queue, [](const DraftChange* one, const DraftChange* other) {
      return std::tie(other->newest, one->change.address) < std::tie(one->newest, other->change.address);
    });
    for (std::size_t turn = 0; turn < queue.size(); ++turn) queue[turn]->turn = turn;
  }
}

std::vector<Change> in_order(std::deque<DraftChange> changes) {
  std::vector<Change> actions;
  actions.reserve(changes.size());
  for (auto& [phase, places] : by_phase(changes)) {
    settle_phase(places, changes);
    for (const std::size_t i : places) actions.push_back(std::move(changes[i].change));
  }
  keep_real_dependencies(actions);
  return actions;
}

}  // namespace ingot::plan
