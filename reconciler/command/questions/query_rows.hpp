// What queries show of series, types, subscriptions and runs: snapshot or catalog → rows. Pure but for touched().
#pragma once

#include <string>
#include <vector>

#include "reconciler/show/catalog/show_lists.hpp"
#include "reconciler/site/last_plan.hpp"
#include "schema/catalog/catalog.hpp"
#include "state/snapshot.hpp"
#include "state/state.hpp"

namespace ingot::command {

std::vector<show::ShownSeries> series_rows(const state::Snapshot& snapshot);
/// Members by the name that they bear in this catalog; those that it no longer lists are left out.
std::vector<show::ShownSeries> series_of(const Catalog& catalog);

/// The built-in types too.
std::vector<show::ShownType> type_rows(const state::Snapshot& snapshot);
std::vector<show::ShownType> types_of(const Catalog& catalog);

/// Those that are instantiated now, under their peers' present names. `last` knows which were blocked, and which peers could not
/// be had.
std::vector<show::ShownSubscription> subscription_rows(const state::Snapshot& snapshot, const site::LastPlan& last);

/// Whether a run did something to a thing of this name, or to this address.
bool touched(const state::State& state, const state::RunRecord& run, const std::string& name);

}  // namespace ingot::command
