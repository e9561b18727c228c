// Whether a saved plan may still be done as it stands. A pure question: the plan was made again for exactly its addresses, and
// each action must be what it was; what differs is told line by line.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reconciler/plan/explain/explain.hpp"
#include "reconciler/plan/make_plan.hpp"

namespace ingot::plan {

/// One action as it was planned.
struct PlannedAction {
  std::string address;
  std::string intent;     ///< intent_of
  bool deferred = false;  ///< past a budget then: not to be done
};

/// A peer's head that the plan was made of.
struct PlannedHead {
  ServerName peer;
  ServerId id;
  Serial serial = 0;
  Digest head;
  bool operator==(const PlannedHead&) const = default;
};

/// What a plan was made of and with, saved with it so that it can be checked later.
struct PlanBasis {
  std::string version;  ///< of the ingot that made it
  Time made;
  std::string lineage;                  ///< of the state
  std::uint64_t generation = 0;         ///< of the state
  std::optional<std::string> last_run;  ///< the newest run of the history then
  PlanOptions options;                  ///< of the command line
  std::vector<PlannedHead> heads;       ///< of the peers that answered
  bool operator==(const PlanBasis&) const = default;
};

struct SavedPlan {
  Digest id;
  ServerName server;
  ServerId id_of_server;
  Digest manifest;
  PlanBasis basis;
  std::vector<PlannedAction> actions;
  std::set<std::string> held_ends = {};  ///< addresses of subscriptions whose end it holds as another selector is unknown (R12)

  /// The options with which the plan is made again: the same limits, and exactly the addresses that it was to do.
  PlanOptions options_again() const;
};

/// A run of the history since the plan was made.
struct LaterRun {
  std::string id;
  std::string command;
  std::string actor;
  std::string plan_id;
  std::uint64_t done = 0;  ///< actions
};

/// One thing that is not as it was.
struct Misfit {
  /// "server", "version", "manifest", "applied", "state", "changed", "gone", "blocked", "held", "deferred", "new".
  /// "peer": the peer has published since, which is told only beside another misfit.
  Code code = Code::none;
  std::string address;  ///< of the action; "": the plan as a whole
  std::string text;
};

/// What is known before any peer is asked: if it is another server's plan or another ingot's, nothing else needs to be compared.
std::vector<Misfit> check_origin(const SavedPlan& saved, const ServerId& self, const std::string& version);

/// Everything else. `now` was made with options_again(); `later`, newest first, are the runs since. Empty: it fits.
std::vector<Misfit> check_plan_fits(const SavedPlan& saved, const Plan& now, const Manifest& manifest,
                                    const state::Snapshot& snapshot, const Observed& observed,
                                    const std::vector<LaterRun>& later);

/// The heads of a plan, by the peers' names here.
std::vector<PlannedHead> planned_heads(const Manifest& manifest, const Observed& observed);

}  // namespace ingot::plan
