// What queries show of series, types, subscriptions and runs: snapshot or catalog → rows. Pure but for touched().
#pragma once

#include <string>
#include <vector>

#include "reconciler/cli/last_plan.hpp"
#include "reconciler/cli/show_lists.hpp"
#include "schema/catalog.hpp"
#include "state/snapshot.hpp"
#include "state/state.hpp"

namespace ingot {

std::vector<ShownSeries> series_rows(const Snapshot& snapshot);
/// Members by the name that they bear in this catalog; those that it no longer lists are left out.
std::vector<ShownSeries> series_of(const Catalog& catalog);

/// The built-in types too.
std::vector<ShownType> type_rows(const Snapshot& snapshot);
std::vector<ShownType> types_of(const Catalog& catalog);

/// Those that are instantiated now, under their peers' present names. `last` knows which were blocked, and which peers could not
/// be had.
std::vector<ShownSubscription> subscription_rows(const Snapshot& snapshot, const LastPlan& last);

/// Whether a run did something to a thing of this name, or to this address.
bool touched(const State& state, const RunRecord& run, const std::string& name);

}  // namespace ingot
