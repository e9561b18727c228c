#include "reconciler/fleet/fleet_plans.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "schema/exit_code.hpp"

namespace ingot::fleet {

namespace {

/// The rows as they grow, found by verb and address.
class SharedActions {
 public:
  SharedAction& row(Verb verb, const Address& address) {
    const auto [place, is_new] = places_.emplace(std::pair(verb, address.text), rows_.size());
    if (is_new) rows_.push_back({.address = address, .verb = verb});
    return rows_[place->second];
  }
  std::vector<SharedAction> finish() { return std::move(rows_); }

 private:
  std::vector<SharedAction> rows_;
  std::map<std::pair<Verb, std::string>, std::size_t> places_;
};

void add_plan(const plan::Plan& plan, std::size_t server, SharedActions& rows) {
  for (const auto& change : plan.actions) {
    SharedAction& row = rows.row(change.verb, change.address);
    (change.deferred ? row.deferred : row.planned).push_back(server);
    if (row.because == nullptr && !change.because.empty()) row.because = &change.because.front();
  }
  const auto add_obstacle = [&](const auto& obstacle, std::vector<std::size_t> SharedAction::*servers) {
    SharedAction& row = rows.row(obstacle.verb, obstacle.address);
    if ((row.*servers).empty() || (row.*servers).back() != server) (row.*servers).push_back(server);
    if (row.why.empty()) row.why = obstacle.text;
  };
  for (const auto& blocked : plan.blocked) add_obstacle(blocked, &SharedAction::blocked);
  for (const auto& held : plan.held) add_obstacle(held, &SharedAction::held);
}

}  // namespace

std::vector<SharedAction> side_by_side(const std::vector<PlannedServer>& servers) {
  SharedActions rows;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (servers[i].plan) add_plan(*servers[i].plan, i, rows);
  }
  return rows.finish();
}

int exit_code_of(const std::vector<PlannedServer>& servers) {
  const bool nothing =
      std::all_of(servers.begin(), servers.end(), [](const PlannedServer& server) { return server.trouble == Code::no_state; });
  int exit = nothing ? exit_refused : exit_done;
  for (const auto& server : servers) exit = worse_exit_code(exit, server.exit_code);
  return exit;
}

}  // namespace ingot::fleet
