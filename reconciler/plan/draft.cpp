#include "reconciler/plan/draft.hpp"

#include "reconciler/plan/selection.hpp"

namespace ingot::plan {

bool Draft::takes(DraftChange& change) {
  if (!selection_) return true;
  switch (selection_->fate_of(change.change)) {
    case Selection::Fate::done: break;
    case Selection::Fate::left_out: ++left_out[change.change.verb]; return false;
    case Selection::Fate::held: held.push_back(selection_->held(change.change)); return false;
  }
  if (auto reason = selection_->why_needed(change.change.address)) change.change.because.push_back(*std::move(reason));
  return true;
}

void Draft::add(DraftChange change) {
  if (!takes(change)) return;
  changes.push_back(std::move(change));
  place_of_.emplace(changes.back().change.address.text, changes.size() - 1);
}

void Draft::erase(const std::function<bool(const DraftChange&)>& gone) {
  place_of_.clear();
  std::erase_if(changes, gone);
  for (std::size_t i = 0; i < changes.size(); ++i) place_of_.emplace(changes[i].change.address.text, i);
}

const DraftChange* Draft::doing(const Address& address) const {
  const auto found = place_of_.find(address.text);
  return found == place_of_.end() || changes[found->second].change.deferred ? nullptr : &changes[found->second];
}

void Draft::wait_for(Change& change, const Address& address) const {
  if (doing(address)) change.after.push_back(address);
}

void Draft::wait_for(const Address& waiting, const Address& address) {
  const auto found = place_of_.find(waiting.text);
  if (found != place_of_.end() && doing(address)) changes[found->second].change.after.push_back(address);
}

Change change_of(Address address, Action action, std::vector<Reason> because) {
  const Verb verb = verb_of(action);
  return Change{.address = std::move(address),
                .verb = verb,
                .action = std::move(action),
                .because = std::move(because),
                .after = {},
                .size = 0,
                .deferred = false,
                .deferred_why = {},
                .foreseen = {}};
}

}  // namespace ingot::plan
