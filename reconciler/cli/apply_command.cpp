#include "reconciler/apply/fresh_ids.hpp"
#include "reconciler/apply/own_keys.hpp"
#include "reconciler/apply/published.hpp"
#include "reconciler/cli/applied.hpp"
#include "reconciler/cli/apply_run.hpp"
#include "reconciler/cli/bulletin.hpp"
#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/git_view.hpp"
#include "reconciler/cli/look.hpp"
#include "reconciler/cli/metrics_file.hpp"
#include "reconciler/cli/name_authors.hpp"
#include "reconciler/cli/progress_display.hpp"
#include "reconciler/cli/read_manifest.hpp"
#include "reconciler/cli/report.hpp"
#include "reconciler/cli/saved_plan.hpp"
#include "reconciler/cli/show_account.hpp"
#include "reconciler/cli/show_plan.hpp"
#include "reconciler/cli/shown_misfits.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

/// Before any work: not even the manifest is read for an apply that nobody could approve.
void require_approval(const ApplyArguments& arguments, const Session& session) {
  if (arguments.approves() || session.terminal.can_ask()) return;
  throw Error(
      Fault::approval, "apply needs approval, and there is no terminal to ask on",
      "keep the plan by \"ingot plan --out FILE\", look at it, and use \"ingot apply FILE\"; or use --yes. Nothing was done");
}

/// With --quiet nobody asked to see a plan that is done without asking; what it foresees to go wrong is shown always.
bool plan_is_wanted(const Looked& looked, const ApplyArguments& arguments, const ApplyManner& manner, const Session& session) {
  const bool idle = looked.plan.pending() == 0 && exit_code_of(looked.plan, false) == exit_done;
  if (idle && manner.quiet_when_idle && !session.flags.verbose) return false;
  return !session.flags.quiet || !arguments.approves() || exit_code_of(looked.plan, false) != exit_done;
}

/// `asks`: a human has to see it on the terminal, wherever standard output goes.
void show_planned(const Looked& looked, bool asks, const Session& session) {
  const ShownPlan plan = shown_plan(looked.plan, looked.plan_id);
  const auto text = [&](const Style& style, Output& out) { show_plan(plan, session.flags.verbose, style, out); };
  // With --json standard output is for events alone.
  if (!session.json()) session.put([&](Output& out) { text(session.out_style(), out); });
  if ((session.json() || (asks && !session.terminal.output_is_terminal())) && session.terminal.can_ask())
    session.terminal.error(shown([&](Output& out) { text(session.error_style(), out); }));
}

/// A timer's quiet run tells of a root that ends soon, too: nobody else would hear of it in time.
void warn_of_roots(const Plan& plan, const Session& session) {
  for (const auto& note : plan.notes) {
    if (note.code == "root-ends") session.warn(printable(note.text));
  }
}

/// In a line what a run that has nothing to do now leaves to later ones.
void tell_deferred(const Plan& plan, const Session& session) {
  if (plan.actions.empty()) return;
  const Change& first = plan.actions.front();
  session.tell(fmt::format("nothing to do now; deferred: {}, as {}{}", printable(first.address.text),
                           printable(first.deferred_why),
                           plan.actions.size() == 1 ? "" : fmt::format("; and {} more", plan.actions.size() - 1)));
}

bool approved(const Looked& looked, const ApplyArguments& arguments, const Session& session) {
  if (arguments.approves() || looked.plan.pending() == 0) return true;
  const std::string question = fmt::format("\nDo this? Only \"yes\" is taken for yes: ");
  return session.terminal.ask(question) == "yes";
}

std::unique_ptr<Events> events_for(const Looked& looked, const std::string& run, const Session& session) {
  if (session.json()) return std::make_unique<JsonEvents>(session.terminal, session.clock, run, looked.plan_id);
  return progress_for(session);
}

/// What is done goes by the name of the plan that was approved.
RunStart run_start(const Looked& looked, const Digest& plan, const std::string& run, Time started, const std::string& command) {
  return {.id = run,
          .started = started,
          .command = command,
          .actor = actor(),
          .manifest_path = looked.plan.manifest_path,
          .manifest_digest = looked.plan.manifest_digest,
          .git = looked.plan.git,
          .plan_id = plan.text(),
          .planned = looked.plan.pending()};
}

void show_result(const Looked& looked, const Account& account, const std::string& run, const Session& session) {
  if (session.json()) return session.terminal.out(result_event_json(&looked.plan, account, std::nullopt));
  const bool nothing_happened = looked.plan.pending() == 0 && account.failed.empty() && !account.fatal;
  if (nothing_happened) return;  // the plan said it all
  session.put([&](Output& out) { show_account(looked.plan, account, run, session.flags.verbose, session.out_style(), out); });
}

/// So that a peer that trickles leaves most of the run's time to what the others have.
AskUntil asking_ends(const ApplyManner& manner, const Session& session) {
  if (!manner.deadline) return std::nullopt;
  const auto now = session.clock.steady();
  return now + (*manner.deadline - now) / 4;
}

/// Plans; of a saved plan exactly what it says, and only if that is what would be done now.
Looked look_again(const ApplyArguments& arguments, const std::optional<KeptPlan>& kept, Site& site, Transport& transport,
                  const Session& session, AskUntil until) {
  const SavedPlan* const saved = kept ? &kept->saved : nullptr;
  if (saved) require_fit(check_origin(*saved, site.state.self(), INGOT_VERSION), *arguments.plan, session);
  Looked looked = look(site, saved ? saved->options_again() : arguments.options, Pages::when_news, transport, session, until);
  if (saved) {
    require_fit(check_plan_fits(*saved, looked.plan, site.manifest, looked.snapshot, looked.observed,
                                runs_since(site.state, saved->basis.last_run)),
                *arguments.plan, session);
    const bool same_heads = saved->basis.heads == planned_heads(site.manifest, looked.observed);
    require_fit(shown_misfits(kept->shown, shown_plan(looked.plan, looked.plan_id), same_heads), *arguments.plan, session);
  }
  if (arguments.expect && *arguments.expect != looked.plan_id) {
    throw Error(
        Fault::stale,
        fmt::format("the plan is now {}, not {} as expected: nothing was done", looked.plan_id.text(), arguments.expect->text()),
        "\"ingot plan\" shows what it is now; two plans that were kept are compared by \"ingot diff\"");
  }
  return looked;
}

/// What is left to say when all is done.
void measure(const Looked& looked, const Account& account, const Site& site, RunMetrics& metrics) {
  metrics.plan = metrics_of(site.manifest, looked.observed, looked.plan, &account);
  add_bytes(account, metrics);
  metrics.disk = DiskView{.total = site.files.space_total(site.store.folder()),
                          .available = site.files.space_available(site.store.folder())};
  if (const auto published = site.state.published()) metrics.head_expires = published->expires;
}

int refuse(const Problems& problems, const Reporter& reporter, const Session& session) {
  if (session.json())
    session.terminal.out(first_event_json() + result_event_json(problems));
  else
    show_problems_of(problems, session);
  reporter.write_files(problems);
  return exit_manifest;
}

/// The run is done and recorded: a report that cannot be written changes its exit code, and nothing else.
int keep_reports(const AppliedRun& run, const Reporter& reporter, const Session& session) {
  try {
    reporter.write_files(run);
    return exit_done;
  } catch (const Error& error) {
    session.warn(printable(error.what()));
    return exit_code_of(error.fault());
  }
}

/// `bulletin`: filled as soon as it is known whom to tell, and that no guard refuses the commit that says so; to be told by the
/// caller, when the lock is free again.
int do_apply(const ApplyArguments& arguments, const ApplyManner& manner, const Reporter& reporter, const Session& session,
             RunMetrics& metrics, std::optional<Bulletin>& bulletin) {
  require_approval(arguments, session);
  std::optional<KeptPlan> saved;
  if (arguments.plan) {
    auto read = read_saved_plan(session.files, *arguments.plan);
    if (const auto* problem = std::get_if<Problem>(&read)) { return refuse({*problem}, reporter, session); }
    saved = std::get<KeptPlan>(std::move(read));
    saved->saved.basis.options.end_despite_unknown = arguments.options.end_despite_unknown;
  }
  const auto read = manifest_or_problems(session);
  if (const auto* const problems = std::get_if<Problems>(&read)) return refuse(*problems, reporter, session);
  const Manifest* const manifest = std::get_if<Manifest>(&read);
  metrics.server = manifest->server.name.text();
  const Time started = session.clock.now();
  const std::string run = new_run_id(started, random_bits());
  const Bulletin::OfRun of_run{.id = run, .command = manner.command, .started = started};
  // A commit that a guard may refuse names nobody whom to tell until it stands: its programs would be run, guard or no guard.
  if (!manifest->guard.git.any()) bulletin = Bulletin(*manifest, of_run);
  const RunLock lock = take_lock(manifest->server, manner.command + " " + run, session);
  Site site(*manifest, Access::read_write, session.files);
  for (const auto& text : require_commit(*manifest, commit_applied_last(site), session.flags, arguments.rewind))
    session.warn(printable(text));
  if (!bulletin) bulletin = Bulletin(*manifest, of_run);
  const CatalogKeys keys =
      load_catalog_keys(session.files, manifest->server.keys, newest_own_root(site.store, site.state.self()));
  const auto transport = session.connect();
  Looked looked = look_again(arguments, saved, site, *transport, session, asking_ends(manner, session));
  name_authors(looked.plan, site.state.applied_last(), session.flags);
  metrics.plan = metrics_of(*manifest, looked.observed, looked.plan, nullptr);
  metrics.disk = looked.observed.disk;
  if (plan_is_wanted(looked, arguments, manner, session)) {
    show_planned(looked, !arguments.approves() && looked.plan.pending() > 0, session);
  } else {
    warn_of_roots(looked.plan, session);
    if (looked.plan.pending() == 0) tell_deferred(looked.plan, session);
  }
  if (looked.plan.pending() > 0) site.state.check();  // nothing is done on the word of a damaged file
  if (!approved(looked, arguments, session))
    throw Error(Fault::refused, "not approved: nothing was done",
                "answer \"yes\", or use \"ingot apply --yes\" once you have seen the plan")
        .with_code("not-approved");
  const Digest plan_id = saved ? saved->saved.id : looked.plan_id;
  const RunStart start = run_start(looked, plan_id, run, started, manner.command);
  bulletin->begin(looked.snapshot, looked.plan, site);
  const Account account =
      applied(looked, start, events_for(looked, run, session), site, *transport, keys, session, manner.deadline);
  if (arguments.metrics) measure(looked, account, site, metrics);
  const int exit_code = worse_exit_code(
      account.exit_code,
      keep_reports({.plan = &looked.plan, .plan_id = plan_id, .account = &account, .run = run}, reporter, session));
  bulletin->end(account, exit_code, site);
  show_result(looked, account, run, session);
  return exit_code;
}

}  // namespace

int run_apply(const ApplyArguments& arguments, const ApplyManner& manner, const Session& session) {
  std::optional<Bulletin> bulletin;
  try {
    const Reporter reporter(arguments.outputs, session, true);
    const int exit_code = reporter.also_of_failures([&] {
      return measured(arguments.metrics, manner.command, session,
                      [&](RunMetrics& metrics) { return do_apply(arguments, manner, reporter, session, metrics, bulletin); });
    });
    if (bulletin) bulletin->tell(session);
    return exit_code;
  } catch (const Error& error) {
    if (bulletin) bulletin->tell_end(error, session);
    throw;
  }
}

int run_command(const ApplyArguments& arguments, const Session& session) { return run_apply(arguments, {}, session); }

}  // namespace ingot
