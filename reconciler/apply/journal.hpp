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
  /// Outcome and effects in one transaction; gives the keys of the images that came. Error{local}.
  std::vector<state::ImageKey> finish(std::int64_t action, const Outcome& outcome, const state::Effects& effects);
  /// Asks or tells the state something else: `work(State&)`, alone.
  template <class Work>
  decltype(auto) with_state(Work&& work) {
    const std::lock_guard lock(mutex_);
    return std::forward<Work>(work)(state_);
  }

 private:
  std::mutex mutex_;
  state::State& state_;
  io::Clock& clock_;
  std::string run_;
};

/// One line for people that says what a change was told to do, and why.
std::string arguments_of(const plan::Change& change);

}  // namespace ingot::apply
