// Starting, changing and stopping subscriptions. The baseline is the plan's: the serial of the very head it verified (R7).
#include "reconciler/apply/verbs.hpp"

namespace ingot {

Result do_action(const Instantiate& action, const Task&, Run& run) {
  SubscriptionRow row = action.row;
  row.instantiated = run.shop.clock.now();
  return Deed{.effects = {PutSubscription{.row = std::move(row)}}};
}

Result do_action(const UpdateSubscription& action, const Task&, Run&) {
  return Deed{.effects = {PutSubscription{.row = action.row}}};
}

Result do_action(const Uninstantiate& action, const Task&, Run&) {
  return Deed{.effects = {StopSubscription{.peer = action.id, .selector = action.selector, .stopped = action.stopped}}};
}

}  // namespace ingot
