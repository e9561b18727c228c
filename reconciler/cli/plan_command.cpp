#include "reconciler/cli/base_plan.hpp"
#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/git_view.hpp"
#include "reconciler/cli/look.hpp"
#include "reconciler/cli/name_authors.hpp"
#include "reconciler/cli/report.hpp"
#include "reconciler/cli/saved_plan.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/plan/beyond_base.hpp"
#include "reconciler/plan/intent.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

/// Only what it adds to its base is left of the plan.
void leave_base(BaseLooked base, Looked& looked) {
  base.base.whole = looked.plan_id;
  if (base.plan) base.base.left_out = leave_what_base_does(looked.plan, *base.plan);
  looked.plan_id = sha256(plan_id_text(looked.plan));
  looked.plan.base = std::move(base.base);
}

int make_and_tell(const PlanArguments& arguments, const Reporter& reporter, const Session& session) {
  if (arguments.out) require_place_for_plan(session.files, *arguments.out);
  auto read = manifest_or_problems(session);
  if (const auto* problems = std::get_if<Problems>(&read)) {
    reporter.tell(*problems);
    return exit_manifest;
  }
  const Manifest manifest = std::get<Manifest>(std::move(read));
  const auto transport = session.connect();
  std::optional<BaseLooked> base;
  if (arguments.base) base = look_at_base(*arguments.base, manifest, arguments.options, *transport, session);
  Site site(manifest, Access::read_only, session.files);
  Looked looked = look(site, arguments.options, Pages::when_news, *transport, session);
  if (base) leave_base(*std::move(base), looked);
  note_objections(site, session.flags, looked.plan);
  name_authors(looked.plan, site.state.applied_last(), session.flags);
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
