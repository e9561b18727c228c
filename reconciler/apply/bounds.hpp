// What bounds a run in time: its deadline, and the windows in which it may fetch. What is past them is deferred: no failure,
// and a later run goes on with it. Thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <vector>

#include "reconciler/io/clock.hpp"
#include "reconciler/plan/plan.hpp"
#include "schema/error.hpp"
#include "schema/manifest/window.hpp"
#include "schema/outcome.hpp"

namespace ingot::apply {

class Bounds {
 public:
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;

  /// `manifest` outlives it.
  Bounds(const plan::Plan& plan, io::Clock& clock, const Manifest& manifest, Deadline deadline);

  /// Why a change may not be begun now; nullopt: it may. A withdrawal does not wait for time, nor does what has to be
  /// done before it, and what was done is published.
  std::optional<Skipped> forbid(const plan::Change& change) const;
  /// For work under way that can go on later: Error that `deferral` knows, if the deadline is over.
  void throw_if_over() const;

 private:
  bool is_over() const { return deadline_ && clock_.steady() >= *deadline_; }

  io::Clock& clock_;
  const Manifest& manifest_;
  Deadline deadline_;
  std::set<Address> urgent_;
};

/// What became of an action that throw_if_over stopped; nullopt: it was another error.
std::optional<Skipped> deferral(const Error& error);

}  // namespace ingot::apply
