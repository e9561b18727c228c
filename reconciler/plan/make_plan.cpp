#include "reconciler/plan/make_plan.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_set>

#include <fmt/format.h>

#include "reconciler/plan/desired/desired.hpp"
#include "reconciler/plan/desired/rules_in_force.hpp"
#include "reconciler/plan/merge/merge.hpp"
#include "reconciler/plan/passes.hpp"
#include "reconciler/plan/selection.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

namespace {

/// What the state manages, as a clause; empty: nothing.
std::string what_is_managed(const state::Snapshot& snapshot) {
  std::vector<std::string> parts;
  const auto count = [&](std::size_t number, std::string_view noun) {
    if (number > 0) parts.push_back(counted(number, noun));
  };
  const auto managed = [](const auto& one) { return one.managed; };
  const auto number_of = [&](const auto& list, const auto& holds) {
    return static_cast<std::size_t>(std::count_if(list.begin(), list.end(), holds));
  };
  count(snapshot.registrations.size(), "peer");
  count(number_of(snapshot.subscriptions, [](const auto& row) { return !row.stopped; }), "subscription");
  count(number_of(snapshot.images, [](const auto& row) { return row.managed && !row.copy && !row.deleted; }), "image");
  if (const auto series = number_of(snapshot.series, managed); series > 0) parts.push_back(fmt::format("{} series", series));
  count(number_of(snapshot.types, managed), "image type");
  count(snapshot.exported.size(), "exported image");
  return listed(parts);
}

bool asks_for_everything(const PlanOptions& options) {
  return options.targets.empty() && options.excluded.empty() && !options.only && !options.approved;
}

/// Everything that there is to do. Without `bounds` neither budgets nor guards take anything out of it.
void add_changes(const Situation& situation, const PlanOptions* bounds, Desired& desired, Draft& draft) {
  note_unknown_peers(situation, draft);
  note_remarks(situation, draft);
  merge_peers(situation, draft);
  desired = decide_desired(situation, draft);
  merge_subscriptions(desired, situation, draft);
  merge_new_copies(desired, situation, draft);
  merge_known_copies(desired, situation, draft);
  follow_withdrawals_elsewhere(desired, situation, draft);
  merge_repairs(situation, RepairsBy::each_run, draft);
  if (bounds) apply_budgets(situation, asks_for_everything(*bounds), draft);
  merge_adoptions(situation, draft);
  merge_images(desired, situation, draft);
  merge_types(desired, situation, draft);
  merge_dropped_peers(situation, draft);
  if (bounds) guard_withdrawals(situation, *bounds, draft);
  if (bounds) apply_guards(situation, *bounds, draft);
  merge_series(desired, situation, draft);  // after the guards: a removal that is held changes no series
  merge_deltas(situation, bounds != nullptr && asks_for_everything(*bounds), draft);
  merge_dropped_types(situation, draft);
  merge_exports(desired, situation, draft);
  if (bounds) guard_exports(situation, *bounds, draft);
}

/// Nothing but repairs: what else there is to do neither stands in their way nor takes of their budgets.
void add_repairs(const Situation& situation, Draft& draft) {
  note_unknown_peers(situation, draft);
  note_remarks(situation, draft);
  merge_repairs(situation, RepairsBy::request, draft);
  apply_budgets(situation, false, draft);
}

/// Bytes that were fetched go: whoever approves the plan shall know.
void note_abandoned(const Situation& situation, Draft& draft) {
  if (draft.abandoned.empty()) return;
  std::uint64_t bytes = 0;
  for (const Digest& digest : draft.abandoned) bytes = saturating_sum(bytes, situation.observed.partials.at(digest).on_disk);
  const bool one = draft.abandoned.size() == 1;
  draft.notes.push_back(
      {Code::partial_copies, "",
       fmt::format("{} interrupted {} ({} on the disk) {} removed: no rule wants {}, or other images need the space",
                   draft.abandoned.size(), one ? "copy" : "copies", size_text(bytes), one ? "is" : "are", one ? "it" : "them")});
}

/// Nothing is done by an apply that cannot sign what it publishes.
void look_at_keys(const Situation& situation, Draft& draft) {
  const std::string& why = situation.observed.no_catalog_key;
  if (why.empty()) return;
  const bool idle =
      std::all_of(draft.changes.begin(), draft.changes.end(), [](const DraftChange& one) { return one.change.deferred; });
  const Address catalog = catalog_address();
  if (idle)
    draft.notes.push_back(
        {Code::no_catalog_key, catalog.text,
         why + ": no new head can be signed, and apply would end with exit code 6; restore the key from its backup, or set "
               "`keys` in [server] to its folder"});
  else
    draft.blocked.push_back({.address = catalog,
                             .verb = Verb::publish,
                             .code = Code::no_catalog_key,
                             .text = why + ": apply does nothing while it cannot sign what it publishes",
                             .mend = "restore the key from its backup, or set `keys` in [server] to its folder",
                             .at = std::nullopt});
}

/// What follows from the changes.
void add_conclusions(const Situation& situation, Draft& draft) {
  keep_addresses_apart(draft);
  block_damaged(situation, draft);
  note_limits(situation, draft);
  note_abandoned(situation, draft);
  plan_publish(situation, draft);
  merge_uploads(situation, draft);
  look_at_keys(situation, draft);
  note_roots(situation, draft);
}

std::variant<Selection, WrongAddress> selection_of(const Situation& situation, const PlanOptions& options) {
  if (asks_for_everything(options)) return Selection{};
  Desired desired;
  Draft all;
  add_changes(situation, nullptr, desired, all);
  return select(situation, all, options);
}

/// Obstacles of what was left out are no obstacles of this plan.
template <class Obstacles>
void leave_out(Obstacles& obstacles, const Selection& selection, std::map<Verb, std::uint64_t>& left_out) {
  std::erase_if(obstacles, [&](const auto& one) {
    if (selection.concerns(one)) return false;
    ++left_out[one.verb];
    return true;
  });
}

/// Of every target the plan says something.
void note_targets(const Situation& situation, const PlanOptions& options, const Selection& selection, Draft& draft) {
  const auto is_told = [&](const std::string& target) {
    const auto of_target = [&](const auto& one) { return stops(one, target); };
    return std::any_of(draft.changes.begin(), draft.changes.end(),
                       [&](const DraftChange& one) { return one.change.address.text == target; }) ||
           std::any_of(draft.blocked.begin(), draft.blocked.end(), of_target) ||
           std::any_of(draft.held.begin(), draft.held.end(), of_target);
  };
  for (const auto& target : options.targets) {
    if (selection.lost_targets().contains(target)) {
      draft.notes.push_back({Code::left_out, target, "--target names it, but --exclude names it or something that it needs"});
    } else if (!is_told(target)) {
      const auto peer = ServerName::parse(peer_of_address(target));
      const PeerCase* found = peer ? situation.peer(*peer) : nullptr;
      draft.notes.push_back(
          {Code::nothing_to_do, target,
           found && found->sight == Sight::unknown
               ? fmt::format("--target names it, but peer \"{}\" is {}: unknown whether there is something to do",
                             found->name().text(), text_of(found->why.code))
               : "--target names it, but there is nothing to do"});
    }
  }
}

/// [[ignore]]: those that hold now; each is told, also one that does not.
void ignore(const Situation& situation, Plan& plan) {
  const Time now = situation.observed.now;
  for (const IgnoreEntry& entry : situation.manifest.ignored) {
    if (entry.until <= now) {
      plan.notes.push_back(
          {Code::ignore_over, entry.address,
           fmt::format("[[ignore]] ({}) ended at {} and has no effect now: remove the entry, or give it another day",
                       entry.at.text(), time_text(entry.until))});
    } else if (entry.until > now + longest_ignored) {
      plan.notes.push_back(
          {Code::ignore_too_long, entry.address,
           fmt::format("[[ignore]] ({}) ends more than 180 days from now, so it has no effect", entry.at.text())});
    } else {
      plan.ignored.insert(entry.address);
      plan.notes.push_back({Code::ignored, entry.address,
                            fmt::format("a failure of it does not cause exit code 3 before {} ({}): {}", time_text(entry.until),
                                        entry.at.text(), entry.reason)});
    }
  }
}

Plan finish(const Situation& situation, const PlanOptions& options, const Desired& desired, const Selection& selection,
            Draft draft) {
  Plan plan{.server = situation.manifest.server.name,
            .id_of_server = situation.observed.self,
            .manifest_path = situation.manifest.path,
            .manifest_digest = situation.manifest.digest,
            .git = situation.manifest.git};
  plan.complete = std::none_of(situation.peers.begin(), situation.peers.end(),
                               [](const PeerCase& peer) { return peer.sight == Sight::unknown; });
  plan.whole = selection.is_whole() && !options.repairs_of;
  for (const UploadEntry& entry : situation.manifest.uploads) {
    if (!selection.takes(upload_address(entry.name))) plan.excluded_uploads.insert(entry.name);
  }
  plan.left_out_by = selection.by();
  plan.left_out = std::move(draft.left_out);
  if (plan.whole) plan.settled = settled_peers(desired, situation, draft);  // else there may be more to do for any of them
  plan.settled_until = draft.next_removal;
  plan.actions = in_order(std::move(draft.changes));
  plan.blocked = std::move(draft.blocked);
  plan.held = std::move(draft.held);
  plan.unknown = std::move(draft.unknown);
  plan.notes = std::move(draft.notes);
  ignore(situation, plan);
  plan.limits = std::move(draft.limits);
  plan.wantedness = std::move(draft.wantedness);
  plan.forgotten = std::move(draft.forgotten);
  plan.unwanted_deltas = std::move(draft.unwanted_deltas);
  plan.abandoned = std::move(draft.abandoned);
  plan.short_of_room = draft.short_of_room;
  plan.served_damaged = std::move(draft.served_damaged);
  std::sort(plan.blocked.begin(), plan.blocked.end(), stands_before<Blocked>);
  std::sort(plan.held.begin(), plan.held.end(), stands_before<Held>);
  std::sort(plan.unknown.begin(), plan.unknown.end(), [](const auto& one, const auto& other) { return one.peer < other.peer; });
  std::sort(plan.notes.begin(), plan.notes.end(), [](const Note& one, const Note& other) {
    return std::tie(one.code, one.address, one.text) < std::tie(other.code, other.address, other.text);
  });
  plan.notes.erase(std::unique(plan.notes.begin(), plan.notes.end()), plan.notes.end());
  std::sort(plan.limits.begin(), plan.limits.end(), [](const auto& one, const auto& other) { return one.name < other.name; });
  std::sort(plan.wantedness.begin(), plan.wantedness.end(),
            [](const auto& one, const auto& other) { return one.key < other.key; });
  std::sort(plan.abandoned.begin(), plan.abandoned.end());
  std::sort(plan.settled.begin(), plan.settled.end());
  return plan;
}

}  // namespace

std::variant<Plan, RefusedEmpty, WrongAddress> make_plan(const Manifest& manifest, const state::Snapshot& snapshot,
                                                         const Observed& observed, const PlanOptions& options) {
  if (manifest.declares_nothing() && !options.allow_empty) {
    const std::string managed = what_is_managed(snapshot);
    if (!managed.empty()) {
      return RefusedEmpty{
          .text = fmt::format("the manifest \"{}\" declares nothing, but the state manages {}: everything would be removed",
                              manifest.path, managed),
          .mend = "check that the manifest is complete; if this is right, run \"ingot apply --allow-empty\""};
    }
  }
  Situation written = survey(manifest, snapshot, observed);
  const std::optional<Manifest> in_force = with_rules_in_force(written, options);
  Situation situation = in_force ? survey(*in_force, snapshot, observed) : std::move(written);
  if (options.repairs_of)
    std::erase_if(situation.damaged, [&](const DamagedImage* image) { return !options.repairs_of->contains(image->digest); });
  const auto selected = selection_of(situation, options);
  if (const auto* wrong = std::get_if<WrongAddress>(&selected)) return *wrong;
  const auto& selection = std::get<Selection>(selected);
  Desired desired;
  Draft draft(selection.is_whole() ? nullptr : &selection);
  if (options.repairs_of)
    add_repairs(situation, draft);
  else
    add_changes(situation, &options, desired, draft);
  add_conclusions(situation, draft);
  leave_out(draft.blocked, selection, draft.left_out);
  leave_out(draft.held, selection, draft.left_out);
  note_targets(situation, options, selection, draft);
  return finish(situation, options, desired, selection, std::move(draft));
}

std::vector<Note> notes_of(const Plan& plan, const ServerName& peer) {
  std::vector<Note> notes;
  for (const auto& note : plan.notes) {
    if (peer_of_address(note.address) == peer.text()) notes.push_back(note);
  }
  return notes;
}

}  // namespace ingot::plan
