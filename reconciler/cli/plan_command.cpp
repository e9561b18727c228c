#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/look.hpp"
#include "reconciler/cli/saved_plan.hpp"
#include "reconciler/cli/show_plan.hpp"
#include "reconciler/cli/show_plan_json.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

int run_command(const PlanArguments& arguments, const Session& session) {
  if (arguments.out) require_place_for_plan(session.files, *arguments.out);
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  Site site(*manifest, Access::read_only, session.files);
  const auto transport = session.connect();
  const Looked looked = look(site, arguments.options, Pages::when_news, *transport, session);
  const ShownPlan plan = shown_plan(looked.plan, looked.plan_id, arguments.out || session.json() ? Intents::with : Intents::without);
  if (arguments.out) save_plan(session.files, *arguments.out, plan, basis_of(looked, site, arguments.options));
  session.show([&](const Style& style, Output& out) { show_plan(plan, session.flags.verbose, style, out); }, [&](Output& out) { show_plan_json(plan, out); });
  if (arguments.out) session.tell(fmt::format("kept in \"{0}\": \"ingot apply {0}\" does exactly this, once", printable(*arguments.out)));
  return exit_code_of(looked.plan, arguments.detailed_exit_code);
}

}  // namespace ingot
