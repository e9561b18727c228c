// Starting, changing and stopping subscriptions. The baseline is the plan's: the serial of the very head it verified (R7).
#include "reconciler/apply/verbs/verbs.hpp"

namespace ingot::apply {

Result do_action(const plan::Instantiate& action, const Task&, Run& run) {
  state::SubscriptionRow row = action.row;
  row.instantiated = run.context.clock.now();
  return ActionEffects{.effects = {state::PutSubscription{.row = std::move(row)}}};
}

Result do_action(const plan::UpdateSubscription& action, const Task&, Run&) {
  return ActionEffects{.effects = {state::PutSubscription{.row = action.row}}};
}

Result do_action(const plan::Uninstantiate& action, const Task&, Run&) {
  return ActionEffects{
      .effects = {state::StopSubscription{.peer = action.id, .selector = action.selector, .stopped = action.stopped}}};
}

}  // namespace ingot::apply
