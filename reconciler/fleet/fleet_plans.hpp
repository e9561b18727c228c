// The plans of many servers, each made elsewhere from the state that the server publishes, laid side by side. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/plan/plan.hpp"
#include "schema/digest.hpp"

namespace ingot::fleet {

/// A server with the plan that it would have with its manifest.
struct PlannedServer {
  std::string name;  ///< unique
  ServerId id;
  std::string manifest;       ///< its path
  Code trouble = Code::none;  ///< why there is no plan: "unreachable", "untrusted", "no-state" …; none: there is one
  std::string why = {};       ///< of the trouble
  std::optional<plan::SeenHead> head = {};  ///< that the server published, or the last one that is known
  std::optional<plan::Plan> plan = {};
  Digest plan_id = {};
  int exit_code = 0;  ///< of this server alone
};

/// An action that is in the plans of several servers: the same verb and address.
struct SharedAction {
  Address address;
  Verb verb = Verb::update;
  /// Places among the servers, ascending.
  std::vector<std::size_t> planned = {};
  std::vector<std::size_t> deferred = {};
  std::vector<std::size_t> blocked = {};
  std::vector<std::size_t> held = {};
  const plan::Reason* because = nullptr;  ///< on the first server that has it planned or deferred; null: none has
  std::string why = {};                   ///< it is blocked or held, on the first such server; "": it is not
};

/// Each action once, in the order of the first plan that has it. Borrows from the plans.
std::vector<SharedAction> side_by_side(const std::vector<PlannedServer>& servers);

/// The worst of all servers; 7 if none of them publishes its state, so that there is nothing to plan against.
int exit_code_of(const std::vector<PlannedServer>& servers);

}  // namespace ingot::fleet
