// Custom image types: of the manifest, or such as came with a copy.
#include "reconciler/apply/verbs/verbs.hpp"

namespace ingot::apply {

Result do_action(const plan::CreateType& action, const Task&, Run&) {
  return ActionEffects{.effects = {state::PutType{.name = action.name, .base = action.base, .managed = action.managed}}};
}

Result do_action(const plan::UpdateType& action, const Task&, Run&) {
  return ActionEffects{.effects = {state::PutType{.name = action.name, .base = action.base, .managed = action.managed}}};
}

Result do_action(const plan::DeleteType& action, const Task&, Run&) {
  return ActionEffects{.effects = {state::DropType{.name = action.name}}};
}

}  // namespace ingot::apply
