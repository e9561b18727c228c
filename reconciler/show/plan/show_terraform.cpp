#include "reconciler/show/plan/show_terraform.hpp"

namespace ingot::show {

namespace {

struct Counts {
  std::size_t create = 0, update = 0, gone = 0, publish = 0;
};

std::size_t& count_of(Verb verb, Counts& counts) {
  switch (verb) {
    case Verb::register_:
    case Verb::instantiate:
    case Verb::create:
    case Verb::add:
    case Verb::export_:
    case Verb::delta:
    case Verb::copy: return counts.create;
    case Verb::update:
    case Verb::withdraw:
    case Verb::switch_:
    case Verb::repair: return counts.update;
    case Verb::unregister:
    case Verb::uninstantiate:
    case Verb::delete_:
    case Verb::unexport:
    case Verb::remove: return counts.gone;
    case Verb::publish:
    case Verb::upload: break;
  }
  return counts.publish;
}

}  // namespace

void show_terraform(const ShownPlan* plan, Output& out) {
  if (plan == nullptr) return out.put("{}\n");
  Counts counts;
  for (const auto& action : plan->actions) {
    if (!action.deferred) ++count_of(action.verb, counts);
  }
  if (counts.create + counts.update + counts.gone == 0) counts.update = counts.publish;
  out.print("{{\"create\":{},\"update\":{},\"delete\":{}}}\n", counts.create, counts.update, counts.gone);
}

}  // namespace ingot::show
