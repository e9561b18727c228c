// Registering peers: the state's word for "this server trusts that one".
#include <algorithm>

#include "reconciler/apply/recover/floors.hpp"
#include "reconciler/apply/verbs/verbs.hpp"

namespace ingot::apply {
namespace {

void accept_head(state::Registration& registration, const plan::SeenHead& head, Run& run) {
  registration.serial = head.serial;
  registration.head = head.digest;
  registration.seen = run.context.clock.now();
  run.journal.with_state([&](state::State& state) { raise_floors(head, state, run.context.memory); });
}

/// The registration that an update changes; a fresh one if it is not there (or had another identity).
state::Registration registration_to_update(const plan::UpdatePeer& action, Run& run) {
  const std::vector<state::Registration> all = run.journal.with_state([](state::State& state) { return state.registrations(); });
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const state::Registration& one) { return one.id == action.card.id; });
  if (found != all.end()) return *found;
  return state::Registration{.name = action.peer,
                             .own_name = action.card.name,
                             .id = action.card.id,
                             .urls = {},
                             .serial = 0,
                             .head = {},
                             .registered = run.context.clock.now(),
                             .seen = {}};
}

}  // namespace

Result do_action(const plan::RegisterPeer& action, const Task&, Run& run) {
  state::Registration registration{.name = action.peer,
                                   .own_name = action.card.name,
                                   .id = action.card.id,
                                   .urls = action.urls,
                                   .serial = 0,
                                   .head = {},
                                   .registered = run.context.clock.now(),
                                   .seen = {}};
  accept_head(registration, action.head, run);
  return ActionEffects{.effects = {state::PutRegistration{.registration = std::move(registration), .replaces = std::nullopt}}};
}

Result do_action(const plan::UpdatePeer& action, const Task&, Run& run) {
  state::Registration registration = registration_to_update(action, run);
  registration.name = action.peer;
  registration.own_name = action.card.name;
  registration.urls = action.urls;
  if (action.head) accept_head(registration, *action.head, run);
  return ActionEffects{.effects = {state::PutRegistration{.registration = std::move(registration), .replaces = action.replaces}}};
}

Result do_action(const plan::UnregisterPeer& action, const Task&, Run&) {
  return ActionEffects{.effects = {state::DropRegistration{.id = action.id}}};
}

}  // namespace ingot::apply
