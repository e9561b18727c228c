#include "reconciler/fleet/fleet_plans.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "schema/exit_code.hpp"

namespace ingot::fleet {

namespace {

/// The rows as they grow, found by verb and address, and their reasons by what makes them the same.
class SharedActions {
 public:
  /// A server is named once for each reason.
  SharedReason& reason(Verb verb, const Address& address, Fate fate, const std::string& same, std::size_t server) {
    const auto [place, is_new] = places_.emplace(std::pair(verb, address.text), rows_.size());
    if (is_new) rows_.push_back({.row = {.address = address, .verb = verb}});
    Row& row = rows_[place->second];
    const auto [known, is_first] = row.places.emplace(std::pair(fate, same), row.row.reasons.size());
    if (is_first) row.row.reasons.push_back({.fate = fate});
    SharedReason& reason = row.row.reasons[known->second];
    if (reason.servers.empty() || reason.servers.back() != server) reason.servers.push_back(server);
    return reason;
  }
  std::vector<SharedAction> finish() {
    std::vector<SharedAction> actions;
    for (auto& one : rows_) actions.push_back(std::move(one.row));
    return actions;
  }

 private:
  struct Row {
    SharedAction row;
    std::map<std::pair<Fate, std::string>, std::size_t> places = {};
  };
  std::vector<Row> rows_;
  std::map<std::pair<Verb, std::string>, std::size_t> places_;
};

/// One rule has a sentence of its own for each server, such as from which serial on it counts: then the rule is what they share.
/// What they wait for has numbers of each server, too.
void add_change(const plan::Change& change, std::size_t server, SharedActions& rows) {
  const plan::Reason& because = change.because.front();
  const Fate fate = change.deferred ? Fate::deferred : Fate::planned;
  SharedReason& shared =
      rows.reason(change.verb, change.address, fate, fmt::format("{} {}", text_of(because.code), because.rule), server);
  constexpr std::string_view differs = "not the same on each server";
  if (shared.because == nullptr) {
    shared.because = &because;
    shared.why = because.text;
    shared.deferred_why = change.deferred_why;
    return;
  }
  if (shared.why != because.text) shared.why = because.rule == change.address.text ? differs : because.rule;
  if (shared.deferred_why != change.deferred_why) shared.deferred_why = differs;
}

template <class Obstacle>
SharedReason& add_obstacle(const Obstacle& obstacle, Fate fate, std::size_t server, SharedActions& rows) {
  SharedReason& shared = rows.reason(obstacle.verb, obstacle.address, fate, obstacle.text, server);
  shared.why = obstacle.text;
  if (shared.mend.empty()) shared.mend = obstacle.mend;
  return shared;
}

void add_plan(const plan::Plan& plan, std::size_t server, SharedActions& rows) {
  for (const auto& change : plan.actions) add_change(change, server, rows);
  for (const auto& blocked : plan.blocked) {
    SharedReason& shared = add_obstacle(blocked, Fate::blocked, server, rows);
    if (shared.servers.front() == server) shared.at = blocked.at;
  }
  for (const auto& held : plan.held) add_obstacle(held, Fate::held, server, rows);
}

}  // namespace

std::string_view text_of(Fate fate) {
  switch (fate) {
    case Fate::planned: return "planned";
    case Fate::deferred: return "deferred";
    case Fate::blocked: return "blocked";
    case Fate::held: return "held";
  }
  return "";
}

std::vector<std::size_t> SharedAction::servers(Fate fate) const {
  std::set<std::size_t> all;
  for (const auto& reason : reasons) {
    if (reason.fate == fate) all.insert(reason.servers.begin(), reason.servers.end());
  }
  return {all.begin(), all.end()};
}

std::vector<SharedAction> side_by_side(const std::vector<PlannedServer>& servers) {
  SharedActions rows;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (servers[i].plan) add_plan(*servers[i].plan, i, rows);
  }
  return rows.finish();
}

std::vector<SharedUnknown> unknown_peers(const std::vector<PlannedServer>& servers) {
  std::vector<SharedUnknown> all;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (!servers[i].plan) continue;
    for (const auto& unknown : servers[i].plan->unknown) {
      const auto same = std::find_if(all.begin(), all.end(), [&](const SharedUnknown& one) {
        return one.peer == unknown.peer && one.code == unknown.code && one.why == unknown.text;
      });
      if (same != all.end())
        same->servers.push_back(i);
      else
        all.push_back({.peer = unknown.peer, .code = unknown.code, .why = unknown.text, .servers = {i}, .at = unknown.at});
    }
  }
  return all;
}

int exit_code_of(const std::vector<PlannedServer>& servers) {
  const bool nothing =
      std::all_of(servers.begin(), servers.end(), [](const PlannedServer& server) { return server.trouble == Code::no_state; });
  int exit = nothing ? exit_refused : exit_done;
  for (const auto& server : servers) exit = worse_exit_code(exit, server.exit_code);
  return exit;
}

}  // namespace ingot::fleet
