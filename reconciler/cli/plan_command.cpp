#include <functional>

#include "reconciler/cli/against.hpp"
#include "reconciler/cli/base_plan.hpp"
#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/git_view.hpp"
#include "reconciler/cli/look.hpp"
#include "reconciler/cli/manifest_source.hpp"
#include "reconciler/cli/name_authors.hpp"
#include "reconciler/cli/read_manifest.hpp"
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

/// Makes the plan of a manifest, on whatever footing.
using Looking = std::function<Looked(const Manifest& manifest, const PlanOptions& options)>;

/// The plan, beyond its base if one is named. The base is looked at first: what is remembered of the peers shall be of the plan.
Looked look_beyond_base(const PlanArguments& arguments, const Manifest& manifest, const Session& session, const Looking& look) {
  if (!arguments.base) return look(manifest, arguments.options);
  BaseLooked base = look_at_base(*arguments.base, manifest, arguments.options, session,
                                 [&](const Manifest& before, const PlanOptions& options) { return look(before, options).plan; });
  Looked looked = look(manifest, arguments.options);
  leave_base(std::move(base), looked);
  return looked;
}

/// `site`: nullptr if there is none here.
ShownPlan told_plan(Looked& looked, const Manifest& manifest, const Site* site, Intents intents, const Session& session) {
  note_objections(manifest, site ? commit_applied_last(*site) : AppliedLast{}, session.flags, looked.plan);
  name_authors(looked.plan, site ? site->state.applied_last() : std::nullopt, session.flags);
  return shown_plan(looked.plan, looked.plan_id, intents);
}

int plan_against(const PlanArguments& arguments, const Manifest& manifest, const Reporter& reporter, const Session& session) {
  const auto card = own_card_of(session.flags);
  if (const auto* problems = std::get_if<Problems>(&card)) {
    reporter.tell(*problems);
    return exit_manifest;
  }
  const auto transport = session.connect();
  PublishedServer server(*arguments.against, std::get<Card>(card), *transport, session);
  Looked looked = look_beyond_base(arguments, manifest, session,
                                   [&](const Manifest& one, const PlanOptions& options) { return server.look(one, options); });
  reporter.tell(told_plan(looked, manifest, nullptr, reporter.wants_intents() ? Intents::with : Intents::without, session));
  return exit_code_of(looked.plan, arguments.detailed_exit_code);
}

int plan_here(const PlanArguments& arguments, const Manifest& manifest, const Reporter& reporter, const Session& session) {
  const auto transport = session.connect();
  warn_of_anothers_folder(manifest.server, session);
  Site site(manifest, Access::read_only, session.files);
  Looked looked = look_beyond_base(arguments, manifest, session, [&](const Manifest& one, const PlanOptions& options) {
    const SourceLook sources = arguments.check_sources ? SourceLook::whole : SourceLook::top;
    if (&one == &manifest) return look(site, options, Pages::when_news, *transport, session, {}, sources);
    Site before(one, Access::read_only, session.files);
    return look(before, options, Pages::when_news, *transport, session, {}, sources);
  });
  ShownPlan plan =
      told_plan(looked, manifest, &site, arguments.out || reporter.wants_intents() ? Intents::with : Intents::without, session);
  if (arguments.out) save_plan(session.files, *arguments.out, plan, basis_of(looked, site, arguments.options));
  reporter.tell(std::move(plan));
  if (arguments.out)
    session.tell(fmt::format("kept in \"{0}\": \"ingot apply {0}\" does exactly this, once", printable(*arguments.out)));
  return exit_code_of(looked.plan, arguments.detailed_exit_code);
}

int make_and_tell(const PlanArguments& arguments, const Reporter& reporter, const Session& session) {
  if (arguments.out) require_place_for_plan(session.files, *arguments.out);
  const auto read = manifest_or_problems(session);
  if (const auto* problems = std::get_if<Problems>(&read)) {
    reporter.tell(*problems);
    return exit_manifest;
  }
  const auto& manifest = std::get<Manifest>(read);
  return arguments.against ? plan_against(arguments, manifest, reporter, session)
                           : plan_here(arguments, manifest, reporter, session);
}

}  // namespace

int run_command(const PlanArguments& arguments, const Session& session) {
  const Reporter reporter(arguments.outputs, session);
  return reporter.also_of_failures([&] { return make_and_tell(arguments, reporter, session); });
}

}  // namespace ingot
