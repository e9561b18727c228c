// Images that come: each wanted one becomes a copy, with the state, priority and reasons that its rules give it.
#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "reconciler/plan/merge/merge.hpp"

namespace ingot::plan {

namespace {

ImageState state_on_arrival(const NewCopy& copy, const SubscriptionEntry& rule) {
  const CopyEntry* entry = copy.rules->peer->copy_entry(copy.entry->identity.name);
  if (entry && entry->state) return *entry->state;
  return rule.options.arrive.state.value_or(copy.entry->state());
}

bool protected_on_arrival(const NewCopy& copy) {
  const CopyEntry* entry = copy.rules->peer->copy_entry(copy.entry->identity.name);
  return entry && entry->protect.value_or(false);
}

std::int64_t priority_of(const NewCopy& copy, const Situation& situation) {
  std::int64_t priority = situation.manifest.subscriptions[copy.rule].options.priority;
  for (const auto& one : copy.evaluated) {
    if (one.verdict == Verdict::wanted)
      priority = std::max(priority, situation.manifest.subscriptions[one.rule].options.priority);
  }
  return priority;
}

/// R18: a name whose image is gone is never given to other bits without a note.
void note_reused_name(const NewCopy& copy, const Address& address, const Situation& situation, Draft& draft) {
  const auto deleted = situation.deleted_by_name.find(copy.name.text());
  if (deleted == situation.deleted_by_name.end()) return;
  const auto other = std::find_if(deleted->second.begin(), deleted->second.end(),
                                  [&](const state::ImageRow* row) { return row->digest != copy.entry->digest; });
  if (other == deleted->second.end()) return;
  draft.notes.push_back(
      {Code::name_reused, address.text,
       fmt::format("an image with the name \"{}\" and other bytes was here before and is gone", copy.name.text())});
}

/// What all copies that a rule brings have in common.
struct Shared {
  std::shared_ptr<const SeenHead> head;
  std::vector<Address> after;
};

Shared shared_by(const SubscriptionEntry& rule, const PeerCase& peer, const Draft& draft) {
  Shared shared{.head = std::make_shared<const SeenHead>(*peer.head), .after = {}};
  for (auto& before : {peer_address(peer.name()), subscription_address(rule.peer, rule.selector)}) {
    if (draft.doing(before)) shared.after.push_back(before);
  }
  return shared;
}

}  // namespace

void merge_new_copies(const Desired& desired, const Situation& situation, Draft& draft) {
  std::unordered_map<std::uint32_t, Shared> brought;
  for (const auto& copy : desired.copies) {
    const PeerCase& peer = *copy.rules->peer;
    const SubscriptionEntry& rule = situation.manifest.subscriptions[copy.rule];
    const auto found = brought.find(copy.rule);
    const Shared& by_rule =
        found != brought.end() ? found->second : brought.emplace(copy.rule, shared_by(rule, peer, draft)).first->second;
    const Address address = copy_address(peer.name(), copy.entry->identity.name);
    const bool protect = protected_on_arrival(copy);
    Change change = change_of(address,
                              CopyImage{.peer = peer.name(),
                                        .head = by_rule.head,
                                        .entry = {peer.catalog, copy.entry},
                                        .name = copy.name,
                                        .state = state_on_arrival(copy, rule),
                                        .transfer = {},
                                        .protect = protect},
                              reasons_of(copy));
    change.size = copy.entry->size;
    change.after = by_rule.after;
    note_reused_name(copy, address, situation, draft);
    draft.add({.change = std::move(change),
               .phase = Phase::copies,
               .priority = priority_of(copy, situation),
               .newest = copy.entry->identity.created,
               .publishes = true});
  }
}

}  // namespace ingot::plan
