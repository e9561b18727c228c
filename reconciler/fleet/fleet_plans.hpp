// The plans of many servers, each made elsewhere from the state that the server publishes, laid side by side. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
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
  std::string mend = {};      ///< what to do about it; may be empty
  std::optional<plan::SeenHead> head = {};  ///< that the server published, or the last one that is known
  std::optional<plan::Plan> plan = {};
  Digest plan_id = {};
  int exit_code = 0;  ///< of this server alone
};

/// What becomes of an action on a server.
enum class Fate { planned, deferred, blocked, held };
std::string_view text_of(Fate fate);  ///< "planned" …

/// Servers with the same action for the same reason.
struct SharedReason {
  Fate fate = Fate::planned;
  std::vector<std::size_t> servers = {};  ///< places among the servers, ascending; never empty
  std::string why = {};                   ///< if one rule has a sentence of its own for each server: the rule
  std::string mend = {};                  ///< blocked or held: what to do about it; may be empty
  std::string deferred_why = {};          ///< deferred: as a plan says it, or that the servers wait for different things
  const plan::Reason* because = nullptr;  ///< planned or deferred: on the first of the servers
  std::optional<At> at = {};              ///< blocked: the line of the first of the servers' manifests
};

/// An action that is in the plans of several servers: the same verb and address.
struct SharedAction {
  Address address;
  Verb verb = Verb::update;
  std::vector<SharedReason> reasons = {};  ///< never empty; in the order of the servers

  /// Places among the servers, ascending.
  std::vector<std::size_t> servers(Fate fate) const;
};

/// Each action once, in the order of the first plan that has it. Borrows from the plans.
std::vector<SharedAction> side_by_side(const std::vector<PlannedServer>& servers);

/// A peer that plans of several servers do not know, for the same reason.
struct SharedUnknown {
  ServerName peer;
  Code code = Code::none;  ///< "unreachable", "expired", "untrusted"
  std::string why = {};
  std::vector<std::size_t> servers = {};  ///< places among the servers, ascending; never empty
  std::optional<At> at = {};              ///< the line of the first of the servers' manifests
};
/// In the order of the first plan that has it.
std::vector<SharedUnknown> unknown_peers(const std::vector<PlannedServer>& servers);

/// The worst of all servers; 7 if none of them publishes its state, so that there is nothing to plan against.
int exit_code_of(const std::vector<PlannedServer>& servers);

}  // namespace ingot::fleet
