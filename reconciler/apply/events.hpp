// What an apply tells while it works: to the progress display, the JSON stream and the log. Called from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/plan/plan.hpp"
#include "schema/address.hpp"
#include "schema/error.hpp"
#include "schema/outcome.hpp"

namespace ingot::apply {

struct ActionProgress {
  Address address;
  Verb verb;
  std::uint64_t done = 0;  ///< bytes, also of an earlier run
  std::uint64_t total = 0;
  std::uint64_t fetched = 0;  ///< by this run
};

/// What ended an action, for the closing account.
struct ActionResult {
  Address address;
  Verb verb;
  Outcome outcome;
  std::uint64_t size = 0;
  std::uint64_t fetched = 0;
  bool begun = true;  ///< false: skipped before it was begun
};

/// The closing account of a run: every action of the plan is in exactly one of the three lists, in the plan's order.
struct Account {
  std::vector<ActionResult> done;
  std::vector<ActionResult> failed;
  std::vector<ActionResult> not_started;  ///< skipped: why is in the outcome; deferred ones too
  std::optional<Error> fatal;             ///< what ended the run early
  int exit_code = 0;
  bool complete() const { return failed.empty() && not_started.empty() && !fatal; }
};

class Events {
 public:
  virtual ~Events() = default;
  virtual void begin(const plan::Plan& plan) = 0;
  virtual void start(const plan::Change& change) = 0;
  virtual void progress(const ActionProgress& progress) = 0;
  virtual void end(const plan::Change& change, const ActionResult& result) = 0;
  virtual void note(const std::string& text) = 0;  ///< e.g. "renewed the head, valid until …"
};

}  // namespace ingot::apply
