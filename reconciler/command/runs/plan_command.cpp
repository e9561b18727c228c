#include "reconciler/command/commands.hpp"
#include "reconciler/command/runs/against.hpp"
#include "reconciler/command/runs/look.hpp"
#include "reconciler/command/runs/look_beyond_base.hpp"
#include "reconciler/command/runs/saved_plan.hpp"
#include "reconciler/console/report.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/source/git_view.hpp"
#include "reconciler/source/manifest_source.hpp"
#include "reconciler/source/name_authors.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

/// `site`: nullptr if there is none here.
show::ShownPlan rendered_plan(Observation& observation, const Manifest& manifest, const site::Site* site, show::Intents intents,
                              const console::Session& session) {
  source::note_objections(manifest, site ? source::commit_applied_last(*site) : source::AppliedLast{}, session.flags,
                          observation.plan);
  source::name_authors(observation.plan, site ? site->state.applied_last() : std::nullopt, session.flags);
  return show::shown_plan(observation.plan, observation.plan_id, intents);
}

int plan_against(const options::PlanArguments& arguments, const Manifest& manifest, const console::Reporter& reporter,
                 const console::Session& session) {
  const auto card = source::own_card_of(session.flags);
  if (const auto* problems = std::get_if<Problems>(&card)) {
    reporter.tell(*problems);
    return exit_manifest;
  }
  const auto transport = session.connect();
  PublishedServer server(*arguments.against, std::get<Card>(card), *transport, session);
  Observation observation =
      look_beyond_base(arguments.base, arguments.options, manifest, session,
                       [&](const Manifest& one, const plan::PlanOptions& options) { return server.look(one, options); });
  reporter.tell(rendered_plan(observation, manifest, nullptr,
                              reporter.wants_intents() ? show::Intents::with : show::Intents::without, session));
  return exit_code_of(observation.plan, arguments.detailed_exit_code);
}

int plan_here(const options::PlanArguments& arguments, const Manifest& manifest, const console::Reporter& reporter,
              const console::Session& session) {
  const auto transport = session.connect();
  site::warn_of_anothers_folder(manifest.server, session);
  site::Site site(manifest, state::Access::read_only, session.files);
  Observation observation = look_beyond_base(
      arguments.base, arguments.options, manifest, session, [&](const Manifest& one, const plan::PlanOptions& options) {
        const observe::LookOptions how{.sources =
                                           arguments.check_sources ? observe::SourceLook::whole : observe::SourceLook::top};
        if (&one == &manifest) return look(site, options, how, *transport, session);
        site::Site before(one, state::Access::read_only, session.files);
        return look(before, options, how, *transport, session);
      });
  show::ShownPlan plan =
      rendered_plan(observation, manifest, &site,
                    arguments.out || reporter.wants_intents() ? show::Intents::with : show::Intents::without, session);
  if (arguments.out) save_plan(session.files, *arguments.out, plan, basis_of(observation, site, arguments.options));
  reporter.tell(std::move(plan));
  if (arguments.out)
    session.tell(fmt::format("saved in \"{0}\": \"ingot apply {0}\" does exactly this, once", io::printable(*arguments.out)));
  return exit_code_of(observation.plan, arguments.detailed_exit_code);
}

int make_and_tell(const options::PlanArguments& arguments, const console::Reporter& reporter, const console::Session& session) {
  if (arguments.out) require_place_for_plan(session.files, *arguments.out);
  const auto read = source::manifest_or_problems(session);
  if (const auto* problems = std::get_if<Problems>(&read)) {
    reporter.tell(*problems);
    return exit_manifest;
  }
  const auto& manifest = std::get<Manifest>(read);
  return arguments.against ? plan_against(arguments, manifest, reporter, session)
                           : plan_here(arguments, manifest, reporter, session);
}

}  // namespace

int run_command(const options::PlanArguments& arguments, const console::Session& session) {
  const console::Reporter reporter(arguments.outputs, session);
  return reporter.also_of_failures([&] { return make_and_tell(arguments, reporter, session); });
}

}  // namespace ingot::command
