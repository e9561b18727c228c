#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/look.hpp"
#include "reconciler/cli/show_plan.hpp"
#include "reconciler/cli/show_plan_json.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

int run_command(const PlanArguments& arguments, const Session& session) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  Site site(*manifest, Access::read_only, session.files);
  const auto transport = session.connect();
  const Looked looked = look(site, arguments.options, Pages::when_news, *transport, session);
  session.show([&](const Style& style, Output& out) { show_plan(looked.plan, looked.plan_id, session.flags.verbose, style, out); },
               [&](Output& out) { show_plan_json(looked.plan, looked.plan_id, out); });
  return exit_code_of(looked.plan, arguments.detailed_exit_code);
}

}  // namespace ingot
