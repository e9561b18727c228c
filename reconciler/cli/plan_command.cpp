#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/look.hpp"
#include "reconciler/cli/report.hpp"
#include "reconciler/cli/saved_plan.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

int make_and_tell(const PlanArguments& arguments, const Reporter& reporter, const Session& session) {
  if (arguments.out) require_place_for_plan(session.files, *arguments.out);
  auto read = manifest_or_problems(session);
  if (const auto* problems = std::get_if<Problems>(&read)) {
    reporter.tell(*problems);
    return exit_manifest;
  }
  const Manifest manifest = std::get<Manifest>(std::move(read));
  Site site(manifest, Access::read_only, session.files);
  const auto transport = session.connect();
  const Looked looked = look(site, arguments.options, Pages::when_news, *transport, session);
  ShownPlan plan = shown_plan(looked.plan, looked.plan_id, arguments.out || reporter.wants_intents() ? Intents::with : Intents::without);
  if (arguments.out) save_plan(session.files, *arguments.out, plan, basis_of(looked, site, arguments.options));
  reporter.tell(std::move(plan));
  if (arguments.out) session.tell(fmt::format("kept in \"{0}\": \"ingot apply {0}\" does exactly this, once", printable(*arguments.out)));
  return exit_code_of(looked.plan, arguments.detailed_exit_code);
}

}  // namespace

int run_command(const PlanArguments& arguments, const Session& session) {
  const Reporter reporter(arguments.outputs, session);
  return reporter.also_of_failures([&] { return make_and_tell(arguments, reporter, session); });
}

}  // namespace ingot
