// Custom image types: of the manifest, or such as came with a copy.
#include "reconciler/apply/verbs.hpp"

namespace ingot {

Result do_action(const CreateType& action, const Task&, Run&) {
  return Deed{.effects = {PutType{.name = action.name, .base = action.base, .managed = action.managed}}};
}

Result do_action(const UpdateType& action, const Task&, Run&) {
  return Deed{.effects = {PutType{.name = action.name, .base = action.base, .managed = action.managed}}};
}

Result do_action(const DeleteType& action, const Task&, Run&) { return Deed{.effects = {DropType{.name = action.name}}}; }

}  // namespace ingot
