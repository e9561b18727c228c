#include "reconciler/show/plan/shown_plan.hpp"

#include <algorithm>

#include "reconciler/io/printable.hpp"
#include "reconciler/plan/intent.hpp"
#include "reconciler/show/plan/plan_line.hpp"

namespace ingot::show {

namespace {

std::string_view text_of(plan::Method method) {
  switch (method) {
    case plan::Method::whole: return "whole";
    case plan::Method::reuse: return "reuse";
    case plan::Method::delta: return "delta";
  }
  return "";
}

std::optional<ShownTransfer> shown_transfer(const plan::Change& change) {
  const plan::Transfer* const transfer = plan::transfer_of(change.action);
  if (transfer == nullptr) return std::nullopt;
  return ShownTransfer{.method = std::string(text_of(transfer->method)),
                       .from = transfer->from ? transfer->from->text() : "",
                       .steps = transfer->steps.size(),
                       .bytes = transfer->bytes};
}

/// Of copies it is known from the catalog, of what is here already from the state; an image is added unseen.
std::optional<std::uint64_t> shown_size(const plan::Change& change) {
  const bool known = std::holds_alternative<plan::CopyImage>(change.action) || change.size > 0;
  return known ? std::optional(change.size) : std::nullopt;
}

void clean(std::string& text) { text = io::printable(text); }
void clean(std::optional<At>& at) {
  if (at) clean(at->file);
}

void clean(ShownAction& action) {
  for (std::string* text : {&action.address.text, &action.peer, &action.name, &action.title, &action.detail, &action.deferred_why,
                            &action.foreseen_why})
    clean(*text);
  for (auto& reason : action.because) {
    for (std::string* text : {&reason.rule, &reason.text}) clean(*text);
    clean(reason.at);
    if (reason.by)
      reason.by = std::make_shared<const CommitLine>(
          CommitLine{.id = io::printable(reason.by->id), .author = io::printable(reason.by->author), .subject = {}});
  }
  for (auto& after : action.after) clean(after.text);
}

template <class Obstacles>
void clean_all(Obstacles& obstacles) {
  for (auto& one : obstacles) {
    for (std::string* text : {&one.address.text, &one.text, &one.mend}) clean(*text);
  }
}

ShownAction shown_action(const plan::Change& change, Intents intents) {
  PlanLine line = plan_line(change);
  return {.address = change.address,
          .verb = change.verb,
          .peer = line.peer ? line.peer->text() : "",
          .name = name_in(change),
          .title = std::move(line.name),
          .detail = std::move(line.detail),
          .because = change.because,
          .after = change.after,
          .size = shown_size(change),
          .deferred = change.deferred,
          .deferred_why = change.deferred_why,
          .foreseen = change.foreseen,
          .foreseen_why = plan::foreseen_text(change),
          .transfer = shown_transfer(change),
          .intent = intents == Intents::with ? plan::intent_of(change) : ""};
}

}  // namespace

const plan::Reason* ShownAction::needed_by() const {
  return because.size() > 1 && because.back().code == Code::needed ? &because.back() : nullptr;
}

std::size_t ShownPlan::pending() const {
  return static_cast<std::size_t>(
      std::count_if(actions.begin(), actions.end(), [](const ShownAction& action) { return !action.deferred; }));
}

std::uint64_t ShownPlan::left_out_count() const {
  std::uint64_t count = 0;
  for (const auto& [verb, number] : left_out) count += number;
  return count;
}

ActionGroups groups_of(const ShownPlan& plan) {
  ActionGroups groups;
  std::map<std::string_view, std::size_t> places;
  for (const auto& action : plan.actions) {
    if (action.deferred) {
      groups.deferred.push_back(&action);
    } else if (action.peer.empty()) {
      groups.own.push_back(&action);
    } else {
      const auto [place, fresh] = places.try_emplace(action.peer, groups.of_peers.size());
      if (fresh) groups.of_peers.emplace_back(action.peer, ActionGroup{});
      groups.of_peers[place->second].second.push_back(&action);
    }
  }
  return groups;
}

void make_printable(ShownPlan& plan) {
  clean(plan.manifest_path);
  if (plan.git) {
    for (std::string* text : {&plan.git->repository, &plan.git->ref, &plan.git->commit, &plan.git->blob}) clean(*text);
  }
  if (plan.base) {
    for (std::string* text : {&plan.base->revision, &plan.base->commit, &plan.base->trouble}) clean(*text);
  }
  for (auto& action : plan.actions) clean(action);
  clean_all(plan.blocked);
  for (auto& one : plan.blocked) clean(one.at);
  clean_all(plan.held);
  for (auto& one : plan.unknown) {
    clean(one.text);
    clean(one.at);
  }
  for (auto& one : plan.notes) {
    for (std::string* text : {&one.address, &one.text}) clean(*text);
  }
  for (auto& one : plan.limits) {
    for (std::string* text : {&one.name, &one.used, &one.limit, &one.where}) clean(*text);
  }
}

ShownPlan shown_plan(const plan::Plan& plan, const Digest& id, Intents intents) {
  ShownPlan shown{.id = id,
                  .server = plan.server,
                  .id_of_server = plan.id_of_server,
                  .complete = plan.complete,
                  .manifest_path = plan.manifest_path,
                  .manifest_digest = plan.manifest_digest,
                  .git = plan.git,
                  .base = plan.base,
                  .actions = {},
                  .blocked = plan.blocked,
                  .held = plan.held,
                  .unknown = plan.unknown,
                  .notes = plan.notes,
                  .limits = plan.limits,
                  .whole = plan.whole,
                  .left_out_by = plan.left_out_by,
                  .left_out = plan.left_out};
  shown.actions.reserve(plan.actions.size());
  for (const auto& change : plan.actions) shown.actions.push_back(shown_action(change, intents));
  for (auto& one : shown.held) one.because.clear();
  make_printable(shown);
  return shown;
}

}  // namespace ingot::show
