#include "reconciler/plan/beyond_base.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_set>

#include <fmt/format.h>

#include "reconciler/plan/intent.hpp"

namespace ingot::plan {

namespace {

template <class Obstacle>
void leave_common(std::vector<Obstacle>& obstacles, const std::vector<Obstacle>& of_base) {
  const auto same = [](const Obstacle& one, const Obstacle& other) {
    return !stands_before(one, other) && !stands_before(other, one);
  };
  std::erase_if(obstacles, [&](const Obstacle& one) {
    return std::any_of(of_base.begin(), of_base.end(), [&](const Obstacle& other) { return same(one, other); });
  });
}

void note_what_is_left_undone(const Plan& base, const std::unordered_set<std::string>& planned, Plan& plan) {
  for (const auto& change : base.actions) {
    if (planned.contains(change.address.text)) continue;
    plan.notes.push_back({.code = Code::no_longer,
                          .address = change.address.text,
                          .text = fmt::format("the base plans {} for it, this change does not", text_of(change.verb))});
  }
  std::stable_sort(plan.notes.begin(), plan.notes.end(), [](const Note& one, const Note& other) {
    return std::tie(one.code, one.address) < std::tie(other.code, other.address);
  });
}

/// Gives the number of actions taken out.
std::uint64_t leave_what_base_does(Plan& plan, const Plan& base) {
  std::unordered_set<std::string> done_anyway, planned, left;
  for (const auto& change : base.actions) done_anyway.insert(intent_of(change));
  for (const auto& change : plan.actions) planned.insert(change.address.text);
  const auto before = plan.actions.size();
  std::erase_if(plan.actions, [&](const Change& change) { return done_anyway.contains(intent_of(change)); });
  for (const auto& change : plan.actions) left.insert(change.address.text);
  for (auto& change : plan.actions)
    std::erase_if(change.after, [&](const Address& address) { return !left.contains(address.text); });
  leave_common(plan.blocked, base.blocked);
  leave_common(plan.held, base.held);
  std::erase_if(plan.notes,
                [&](const Note& note) { return std::find(base.notes.begin(), base.notes.end(), note) != base.notes.end(); });
  note_what_is_left_undone(base, planned, plan);
  return before - plan.actions.size();
}

}  // namespace

Plan beyond_base(Plan plan, const std::optional<Plan>& base, PlanBase named) {
  if (base) named.left_out = leave_what_base_does(plan, *base);
  plan.base = std::move(named);
  return plan;
}

}  // namespace ingot::plan
