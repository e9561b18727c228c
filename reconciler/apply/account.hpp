// What became of every action of a plan, kept while a run goes on; who may not be done because of it; and what the whole
// costs in exit codes.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/apply/events.hpp"
#include "reconciler/plan/plan.hpp"
#include "schema/error.hpp"

namespace ingot::apply {

/// Thread-safe.
class Ledger {
 public:
  explicit Ledger(const plan::Plan& plan);

  void put(std::size_t action, ActionResult result);
  /// What ended the run early; the first one counts.
  void end_early(const Error& error);
  bool ended_early() const;

  /// Why action number `action` may not be begun now; nullopt: it may.
  std::optional<Skipped> why_not(std::size_t action) const;

  /// All that was put, in the plan's order; the rest was not started because of `rest`. `signal`: of an interrupt, or 0.
  Account close(const std::string& rest, int signal, const std::vector<ActionResult>& beside_the_plan) const;

 private:
  std::optional<Skipped> waits_in_vain(const plan::Change& change) const;

  const plan::Plan& plan_;
  std::map<Address, std::size_t> places_;
  mutable std::mutex mutex_;
  std::vector<std::optional<ActionResult>> results_;
  bool disk_full_ = false;
  std::optional<Error> end_;
};

/// The exit code that a failure counts for.
int exit_code_of_failure(Code code);

}  // namespace ingot::apply
