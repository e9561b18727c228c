#include "reconciler/plan/make_plan.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_set>

#include <fmt/format.h>

#include "reconciler/plan/desired.hpp"
#include "reconciler/plan/merge.hpp"
#include "reconciler/plan/passes.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot {

namespace {

/// What the state manages, as a clause; empty: nothing.
std::string what_is_managed(const Snapshot& snapshot) {
  std::vector<std::string> parts;
  const auto count = [&](std::size_t number, std::string_view noun) {
    if (number > 0) parts.push_back(counted(number, noun));
  };
  const auto managed = [](const auto& one) { return one.managed; };
  const auto number_of = [&](const auto& list, const auto& holds) { return static_cast<std::size_t>(std::count_if(list.begin(), list.end(), holds)); };
  count(snapshot.registrations.size(), "peer");
  count(number_of(snapshot.subscriptions, [](const auto& row) { return !row.stopped; }), "subscription");
  count(number_of(snapshot.images, [](const auto& row) { return row.managed && !row.copy && !row.deleted; }), "image");
  if (const auto series = number_of(snapshot.series, managed); series > 0) parts.push_back(fmt::format("{} series", series));
  count(number_of(snapshot.types, managed), "image type");
  return listed(parts);
}

void add_changes(const Situation& situation, const PlanOptions& options, Desired& desired, Draft& draft) {
  merge_peers(situation, draft);
  desired = decide_desired(situation, draft);
  merge_subscriptions(desired, situation, draft);
  merge_new_copies(desired, situation, draft);
  merge_known_copies(desired, situation, draft);
  merge_repairs(situation, draft);
  apply_budgets(situation, draft);
  merge_images(situation, draft);
  merge_types(desired, situation, draft);
  merge_dropped_peers(situation, draft);
  apply_guards(situation, options, draft);
  merge_series(desired, situation, draft);  // after the guards: a removal that is held changes no series
  merge_dropped_types(situation, draft);
  keep_addresses_apart(draft);
  block_damaged(situation, draft);
  note_limits(situation, draft);
  plan_publish(situation, draft);
  note_roots(situation, draft);
}

Plan finish(const Situation& situation, const Desired& desired, Draft draft) {
  Plan plan{.server = situation.manifest.server.name,
            .id_of_server = situation.observed.self,
            .manifest_path = situation.manifest.path,
            .manifest_digest = situation.manifest.digest,
            .git = situation.manifest.git};
  plan.complete = draft.unknown.empty();
  plan.settled = settled_peers(desired, situation, draft);
  plan.settled_until = draft.next_removal;
  plan.actions = in_order(std::move(draft.changes));
  plan.blocked = std::move(draft.blocked);
  plan.held = std::move(draft.held);
  plan.unknown = std::move(draft.unknown);
  plan.notes = std::move(draft.notes);
  plan.limits = std::move(draft.limits);
  plan.wantedness = std::move(draft.wantedness);
  std::sort(plan.blocked.begin(), plan.blocked.end(), stands_before<Blocked>);
  std::sort(plan.held.begin(), plan.held.end(), stands_before<Held>);
  std::sort(plan.unknown.begin(), plan.unknown.end(), [](const auto& one, const auto& other) { return one.peer < other.peer; });
  std::sort(plan.notes.begin(), plan.notes.end(), [](const Note& one, const Note& other) {
    return std::tie(one.code, one.address, one.text) < std::tie(other.code, other.address, other.text);
  });
  plan.notes.erase(std::unique(plan.notes.begin(), plan.notes.end()), plan.notes.end());
  std::sort(plan.limits.begin(), plan.limits.end(), [](const auto& one, const auto& other) { return one.name < other.name; });
  std::sort(plan.wantedness.begin(), plan.wantedness.end(), [](const auto& one, const auto& other) { return one.key < other.key; });
  std::sort(plan.settled.begin(), plan.settled.end());
  return plan;
}

}  // namespace

std::variant<Plan, RefusedEmpty> make_plan(const Manifest& manifest, const Snapshot& snapshot, const Observed& observed,
                                           const PlanOptions& options) {
  if (manifest.declares_nothing() && !options.allow_empty) {
    const std::string managed = what_is_managed(snapshot);
    if (!managed.empty()) {
      return RefusedEmpty{.text = fmt::format("the manifest \"{}\" declares nothing, and the state manages {}: all of it would end", manifest.path, managed),
                          .mend = "look whether the manifest is whole; if this is meant, run with --allow-empty"};
    }
  }
  const Situation situation = survey(manifest, snapshot, observed);
  Desired desired;
  Draft draft;
  add_changes(situation, options, desired, draft);
  return finish(situation, desired, std::move(draft));
}

std::vector<Note> notes_of(const Plan& plan, const ServerName& peer) {
  std::vector<Note> notes;
  for (const auto& note : plan.notes) {
    if (peer_of_address(note.address) == peer.text()) notes.push_back(note);
  }
  return notes;
}

}  // namespace ingot
