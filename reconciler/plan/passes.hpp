// What is done to a draft once it holds every change: budgets, guards, publishing, and the order of R23. One file each.
#pragma once

#include <vector>

#include "reconciler/plan/desired/desired.hpp"
#include "reconciler/plan/draft.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "reconciler/plan/situation.hpp"

namespace ingot::plan {

/// Chooses how each copy's bytes move, and defers what the run's budgets leave no room for; smaller ones go on. What can never
/// fit is blocked. `whole`: the draft holds all that there is to do, so that a partial copy of nothing in it is wanted by
/// nothing.
void apply_budgets(const Situation& situation, bool whole, Draft& draft);
/// What the run takes of each limit, with what the images to add may need at most.
void note_limits(const Situation& situation, Draft& draft);
/// Holds removals and stops that go beyond the guard (R26): all of them or none; removals by `prune` go as far as it allows.
void apply_guards(const Situation& situation, const PlanOptions& options, Draft& draft);
/// The same for exported images and the links of dropped exports, counted against all that is exported.
void guard_exports(const Situation& situation, const PlanOptions& options, Draft& draft);
/// How many of `all` one run may remove: both bounds hold; unless one of them is 0, one is always allowed.
std::uint64_t removals_allowed(const Guard& guard, std::uint64_t all, const PlanOptions& options);
/// Takes the changes for which `concerned` holds out of the draft, and lists them as held.
void hold(Draft& draft, bool (*concerned)(const DraftChange&), Code code, const std::string& text, const std::string& mend);
/// Holds all withdrawals of a peer that declares too many at once.
void guard_withdrawals(const Situation& situation, const PlanOptions& options, Draft& draft);
/// An address occurs once: of two changes the later one waits for another run.
void keep_addresses_apart(Draft& draft);
/// Adds `publish` if what is published changes.
void plan_publish(const Situation& situation, Draft& draft);
/// Notes of roots of trust, this server's and its peers', that end soon.
void note_roots(const Situation& situation, Draft& draft);
/// Gives copies their turn: within a priority, peers one after the other, each with its newest first. Serials of different
/// peers are never compared.
void take_turns(const Situation& situation, Draft& draft);
/// The order of one phase: higher priority, then what has not failed lately, then by turn, then by address.
bool goes_before(const DraftChange& one, const DraftChange& other);
/// The changes in the order of R23, then by dependency, then by address; `after` holds only what is in the plan.
std::vector<Change> in_order(std::deque<DraftChange> changes);
/// Peers for which the draft holds nothing to do, blocked, held or waiting.
std::vector<ServerName> settled_peers(const Desired& desired, const Situation& situation, const Draft& draft);

}  // namespace ingot::plan
