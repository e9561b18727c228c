#include "reconciler/cli/base_plan.hpp"
#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/git_view.hpp"
#include "reconciler/cli/look.hpp"
#include "reconciler/cli/name_authors.hpp"
#include "reconciler/cli/show_plan.hpp"
#include "reconciler/cli/show_plan_json.hpp"
#include "reconciler/plan/beyond_base.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

/// Only what it adds to its base is left of the plan.
void leave_base(BaseLooked base, Plan& plan) {
  if (base.plan) base.base.left_out = leave_what_base_does(plan, *base.plan);
  plan.base = std::move(base.base);
}

}  // namespace

int run_command(const PlanArguments& arguments, const Session& session) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  const auto transport = session.connect();
  std::optional<BaseLooked> base;
  if (arguments.base) base = look_at_base(*arguments.base, *manifest, arguments.options, *transport, session);
  Site site(*manifest, Access::read_only, session.files);
  Looked looked = look(site, arguments.options, Pages::when_news, *transport, session);
  if (base) leave_base(*std::move(base), looked.plan);
  note_objections(*manifest, site.state, session.flags, looked.plan);
  name_authors(looked.plan, site.state.applied_last(), session.flags);
  session.show([&](const Style& style, Output& out) { show_plan(looked.plan, looked.plan_id, session.flags.verbose, style, out); },
               [&](Output& out) { show_plan_json(looked.plan, looked.plan_id, out); });
  return exit_code_of(looked.plan, arguments.detailed_exit_code);
}

}  // namespace ingot
