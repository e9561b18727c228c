#include "reconciler/command/runs/look_beyond_base.hpp"

#include "reconciler/io/hash.hpp"
#include "reconciler/plan/beyond_base.hpp"
#include "reconciler/plan/intent.hpp"
#include "reconciler/source/base_plan.hpp"

namespace ingot::command {

Observation look_beyond_base(const std::optional<std::string>& base, const plan::PlanOptions& options, const Manifest& manifest,
                             const console::Session& session, const Looking& look) {
  if (!base) return look(manifest, options);
  source::BaseObservation before = source::look_at_base(
      *base, manifest, options, session,
      [&](const Manifest& one, const plan::PlanOptions& its_options) { return look(one, its_options).plan; });
  Observation observation = look(manifest, options);
  before.base.whole = observation.plan_id;
  observation.plan = plan::beyond_base(std::move(observation.plan), before.plan, std::move(before.base));
  observation.plan_id = io::sha256(plan::plan_id_text(observation.plan));
  return observation;
}

}  // namespace ingot::command
