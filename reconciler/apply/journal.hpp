// The state as a run's threads see it: one at a time. Every action is begun and finished here, and questions to the state
// go through here while copies run, for a State belongs to one thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/io/clock.hpp"
#include "reconciler/plan/plan.hpp"
#include "state/state.hpp"

namespace ingot::apply {

class Journal {
 public:
  Journal(state::State& state, io::Clock& clock, std::string run);

  const std::string& run() const { return run_; }
  /// Durably notes that `change` is about to be done; gives the number to finish it with. Error{local}.
  std::int64_t begin(const plan::Change& change);
  /// The same in memory, until the next of the other calls: what is done before that must not count. Never fails but for the
  /// first time.
  std::int64_t begin_later(const plan::Change& change);
  void write_begun();
  /// Outcome and effects in one transaction; gives the keys of the images that came. Error{local}.
  std::vector<state::ImageKey> finish(std::int64_t action, const Outcome& outcome, const state::Effects& effects);
  /// The same for several actions, in this order: all or none of them.
  std::vector<std::vector<state::ImageKey>> finish_all(const std::vector<state::FinishedAction>& actions);
  /// Asks or tells the state something else: `work(State&)`, alone.
  template <class Work>
  decltype(auto) with_state(Work&& work) {
    const std::lock_guard lock(mutex_);
    return std::forward<Work>(work)(state_);
  }

 private:
  void write_begun_locked();

  std::mutex mutex_;
  state::State& state_;
  io::Clock& clock_;
  std::string run_;
  std::vector<state::BegunAction> begun_;  ///< that the state does not know yet
  std::int64_t newest_ = 0;                ///< the number that was given last; 0: ask the state
};

/// One line for people that says what a change was told to do, and why.
std::string arguments_of(const plan::Change& change);

}  // namespace ingot::apply
