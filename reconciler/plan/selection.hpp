// What a run was told to do of all that there is to do: by address (--target, --exclude, a saved plan) or by verb (--approve).
// Decided once, from a draft that holds everything; then a second draft takes only what was chosen, so that budgets, guards and
// the members of series go by what is really done.
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "reconciler/plan/draft.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "reconciler/plan/situation.hpp"

namespace ingot::plan {

class Selection {
 public:
  /// What becomes of a change.
  enum class Fate { done, left_out, held };

  /// Everything is done.
  Selection() = default;

  bool is_whole() const { return by_ == LeftOutBy::nothing && !approved_; }
  /// Which options or saved plan leave actions out; nothing if all is done, or if only --approve chose.
  LeftOutBy by() const { return by_; }

  Fate fate_of(const Change& change) const;
  /// Whether what stands at this address belongs to the plan. An upload does unless it is excluded: it follows from what is
  /// published, as the publication follows from the rest.
  bool takes(const Address& address) const;
  /// Whether the obstacle belongs to the plan.
  template <class Obstacle>
  bool concerns(const Obstacle& obstacle) const {
    if (takes(obstacle.address)) return true;
    return obstacle.stops_images && chosen_ &&
           std::any_of(chosen_->begin(), chosen_->end(), [&](const auto& one) { return stops(obstacle, one.first); });
  }
  /// Why it comes along, if no flag names it itself.
  std::optional<Reason> why_needed(const Address& address) const;
  /// What stands in the list of what is held for a change of that fate.
  Held held(const Change& change) const;
  /// Targets that are not done because something that they need was left out.
  const std::set<std::string>& lost_targets() const { return lost_; }

 private:
  friend class Choosing;

  LeftOutBy by_ = LeftOutBy::nothing;
  std::optional<std::unordered_map<std::string, std::string>>
      chosen_;                      ///< address → the target that needs it, "" for itself; nullopt: all
  std::set<std::string> left_out_;  ///< what is excluded, and what needs it
  std::optional<std::set<Verb>> approved_;
  struct Needed {
    std::string address;
    Verb verb;  ///< one of its verbs that are not approved
  };
  std::unordered_map<std::string, Needed> waits_;  ///< address → what it needs that is not approved
  std::set<std::string> lost_;
};

/// `all` holds every change, without budgets and guards.
std::variant<Selection, WrongAddress> select(const Situation& situation, const Draft& all, const PlanOptions& options);

}  // namespace ingot::plan
