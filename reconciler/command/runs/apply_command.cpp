#include "reconciler/apply/publish/fresh_ids.hpp"
#include "reconciler/apply/publish/own_keys.hpp"
#include "reconciler/apply/publish/published.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/command/runs/applied.hpp"
#include "reconciler/command/runs/apply_run.hpp"
#include "reconciler/command/runs/look.hpp"
#include "reconciler/command/runs/saved_plan.hpp"
#include "reconciler/command/runs/shown_misfits.hpp"
#include "reconciler/console/metrics_file.hpp"
#include "reconciler/console/progress_display.hpp"
#include "reconciler/console/report.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/notify/notifications.hpp"
#include "reconciler/show/plan/show_plan.hpp"
#include "reconciler/show/run/show_account.hpp"
#include "reconciler/source/git_view.hpp"
#include "reconciler/source/name_authors.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

/// Before any work: not even the manifest is read for an apply that nobody could approve.
void require_approval(const options::ApplyArguments& arguments, const console::Session& session) {
  if (arguments.approves() || session.terminal.can_ask()) return;
  throw Error(
      Fault::approval, "apply needs approval, and there is no terminal to ask on",
      "save the plan with \"ingot plan --out FILE\", look at it, and run \"ingot apply FILE\"; or use --yes. Nothing was done");
}

/// With --quiet nobody asked to see a plan that is done without asking; what it foresees to go wrong is shown always.
bool plan_is_wanted(const Observation& observation, const options::ApplyArguments& arguments, const ApplyMode& mode,
                    const console::Session& session) {
  const bool idle = observation.plan.pending() == 0 && exit_code_of(observation.plan, false) == exit_done;
  if (idle && mode.quiet_when_idle && !session.flags.verbose) return false;
  return !session.flags.quiet || !arguments.approves() || exit_code_of(observation.plan, false) != exit_done;
}

/// `asks`: a human has to see it on the terminal, wherever standard output goes.
void show_planned(const Observation& observation, bool asks, const console::Session& session) {
  const show::ShownPlan plan = show::shown_plan(observation.plan, observation.plan_id);
  const auto text = [&](const show::Style& style, show::Output& out) {
    show::show_plan(plan, session.flags.verbose, style, out);
  };
  // With --json standard output is for events alone.
  if (!session.json()) session.put_text([&](show::Output& out) { text(session.out_style(), out); });
  if ((session.json() || (asks && !session.terminal.output_is_terminal())) && session.terminal.can_ask())
    session.put_error(show::shown([&](show::Output& out) { text(session.error_style(), out); }), io::Priority::info);
}

/// A timer's quiet run tells of a root that ends soon, too: nobody else would hear of it in time.
void warn_of_roots(const plan::Plan& plan, const console::Session& session) {
  for (const auto& note : plan.notes) {
    if (note.code == Code::root_ends) session.warn(io::printable(note.text));
  }
}

/// In a line what a run that has nothing to do now leaves to later ones.
void tell_deferred(const plan::Plan& plan, const console::Session& session) {
  if (plan.actions.empty()) return;
  const plan::Change& first = plan.actions.front();
  session.tell(fmt::format("nothing to do now; deferred: {}, as {}{}", io::printable(first.address.text),
                           io::printable(first.deferred_why),
                           plan.actions.size() == 1 ? "" : fmt::format("; and {} more", plan.actions.size() - 1)));
}

bool approved(const Observation& observation, const options::ApplyArguments& arguments, const console::Session& session) {
  if (arguments.approves() || observation.plan.pending() == 0) return true;
  const std::string question = fmt::format("\nApply this plan? Type \"yes\" to continue: ");
  return session.terminal.ask(question) == "yes";
}

std::unique_ptr<apply::Events> events_for(const Observation& observation, const std::string& run,
                                          const console::Session& session) {
  if (session.json()) return std::make_unique<console::JsonEvents>(session.terminal, session.clock, run, observation.plan_id);
  return progress_for(session);
}

/// What is done goes by the name of the plan that was approved.
state::RunStart run_start(const Observation& observation, const Digest& plan, const std::string& run, Time started,
                          const std::string& command) {
  return {.id = run,
          .started = started,
          .command = command,
          .actor = site::actor(),
          .manifest_path = observation.plan.manifest_path,
          .manifest_digest = observation.plan.manifest_digest,
          .git = observation.plan.git,
          .plan_id = plan.text(),
          .planned = observation.plan.pending()};
}

void show_result(const Observation& observation, const apply::Account& account, const std::string& run,
                 const console::Session& session) {
  if (session.json()) return session.terminal.out(show::result_event_json(&observation.plan, account, std::nullopt));
  const bool nothing_happened = observation.plan.pending() == 0 && account.failed.empty() && !account.fatal;
  if (nothing_happened) return;  // the plan said it all
  session.put_text([&](show::Output& out) {
    show::show_account(observation.plan, account, run, session.flags.verbose, session.out_style(), out);
  });
}

/// So that a peer that trickles leaves most of the run's time to what the others have.
AskUntil asking_ends(const ApplyMode& mode, const console::Session& session) {
  if (!mode.deadline) return std::nullopt;
  const auto now = session.clock.steady();
  return now + (*mode.deadline - now) / 4;
}

/// Plans; of a saved plan exactly what it says, and only if that is what would be done now.
Observation look_again(const options::ApplyArguments& arguments, const std::optional<KeptPlan>& kept, site::Site& site,
                       io::Transport& transport, const console::Session& session, AskUntil until) {
  const plan::SavedPlan* const saved = kept ? &kept->saved : nullptr;
  if (saved) require_fit(plan::check_origin(*saved, site.state.self(), INGOT_VERSION), *arguments.plan, session);
  Observation observation = look(site, saved ? saved->options_again() : arguments.options, {.until = until}, transport, session);
  if (saved) {
    require_fit(plan::check_plan_fits(*saved, observation.plan, site.manifest, observation.snapshot, observation.observed,
                                      runs_since(site.state, saved->basis.last_run)),
                *arguments.plan, session);
    const bool same_heads = saved->basis.heads == plan::planned_heads(site.manifest, observation.observed);
    require_fit(shown_misfits(kept->shown, show::shown_plan(observation.plan, observation.plan_id), same_heads), *arguments.plan,
                session);
  }
  if (arguments.expect && *arguments.expect != observation.plan_id) {
    throw Error(Fault::stale,
                fmt::format("the plan has the id {} now, not {} as expected: nothing was done", observation.plan_id.text(),
                            arguments.expect->text()),
                "\"ingot plan\" shows the plan as it is now; \"ingot diff\" compares two saved plans");
  }
  return observation;
}

/// What is left to say when all is done.
void measure(const Observation& observation, const apply::Account& account, const site::Site& site, show::RunMetrics& metrics) {
  metrics.plan = show::metrics_of(site.manifest, observation.observed, observation.plan, &account);
  show::add_bytes(account, metrics);
  metrics.disk = site::disk_of(site);
  if (const auto published = site.state.published()) metrics.head_expires = published->expires;
}

int refuse(const Problems& problems, const console::Reporter& reporter, const console::Session& session) {
  if (session.json())
    session.terminal.out(show::first_event_json() + show::result_event_json(problems));
  else
    console::show_problems_of(problems, session);
  reporter.write_files(problems);
  return exit_manifest;
}

/// The run is done and recorded: a report that cannot be written changes its exit code, and nothing else.
int keep_reports(const console::AppliedRun& run, const console::Reporter& reporter, const console::Session& session) {
  try {
    reporter.write_files(run);
    return exit_done;
  } catch (const Error& error) {
    session.warn(io::printable(error.what()));
    return exit_code_of(error.fault());
  }
}

/// What is asked for: the manifest, and the saved plan if one is named.
struct Request {
  Manifest manifest;
  std::optional<KeptPlan> saved;
};

std::variant<Request, Problems> read_request(const options::ApplyArguments& arguments, const console::Session& session) {
  std::optional<KeptPlan> saved;
  if (arguments.plan) {
    auto read = read_saved_plan(session.files, *arguments.plan);
    if (const auto* problem = std::get_if<Problem>(&read)) return Problems{*problem};
    saved = std::get<KeptPlan>(std::move(read));
    saved->saved.basis.options.end_despite_unknown = arguments.options.end_despite_unknown;
  }
  auto read = source::manifest_or_problems(session);
  if (auto* const problems = std::get_if<Problems>(&read)) return std::move(*problems);
  return Request{std::get<Manifest>(std::move(read)), std::move(saved)};
}

/// One apply, from a request that was read to its end.
class ApplyCommand {
 public:
  /// `notifications`: filled as soon as it is known whom to tell, and that no guard refuses the commit that says so. The caller
  /// sends them once the lock is free again.
  ApplyCommand(const options::ApplyArguments& arguments, const ApplyMode& mode, const Request& request,
               const console::Session& session, show::RunMetrics& metrics, std::optional<notify::Notifications>& notifications)
      : arguments_(arguments),
        mode_(mode),
        manifest_(request.manifest),
        saved_(request.saved),
        session_(session),
        metrics_(metrics),
        notifications_(notifications) {
    metrics_.server = manifest_.server.name.text();
  }

  /// The exit code.
  int run(const console::Reporter& reporter) {
    prepare();
    const Observation observation = decide();
    return act(observation, reporter);
  }

 private:
  /// The lock, the state, what the guards of git say, the keys.
  void prepare() {
    // A commit that a guard may refuse names nobody whom to tell until it stands: its programs would be run, guard or no guard.
    if (!manifest_.guard.git.any()) notifications_.emplace(manifest_, of_run());
    lock_.emplace(site::take_lock(manifest_.server, mode_.command + " " + run_, session_));
    site_.emplace(manifest_, *lock_, session_.files);
    const auto last = source::commit_applied_last(*site_);
    for (const auto& text : source::require_commit(manifest_, last, session_.flags, arguments_.rewind))
      session_.warn(io::printable(text));
    if (!notifications_) notifications_.emplace(manifest_, of_run());
    const auto root = apply::newest_own_root(site_->store, site_->state.self());
    keys_.emplace(apply::load_catalog_keys(session_.files, manifest_.server.keys, root));
    transport_ = session_.connect();
  }

  /// What is to be done, shown and approved. Throws Error{refused} if it is not.
  Observation decide() {
    Observation observation = look_again(arguments_, saved_, *site_, *transport_, session_, asking_ends(mode_, session_));
    source::name_authors(observation.plan, site_->state.applied_last(), session_.flags);
    metrics_.plan = show::metrics_of(manifest_, observation.observed, observation.plan, nullptr);
    metrics_.disk = observation.observed.disk;
    tell(observation);
    if (observation.plan.pending() > 0) site_->state.check();  // nothing is done on the word of a damaged file
    if (approved(observation, arguments_, session_)) return observation;
    throw Error(Fault::refused, "not approved: nothing was done",
                "answer \"yes\", or run \"ingot apply --yes\" when you have seen the plan")
        .with_code(Code::not_approved);
  }

  void tell(const Observation& observation) const {
    if (plan_is_wanted(observation, arguments_, mode_, session_))
      return show_planned(observation, !arguments_.approves() && observation.plan.pending() > 0, session_);
    warn_of_roots(observation.plan, session_);
    if (observation.plan.pending() == 0) tell_deferred(observation.plan, session_);
  }

  int act(const Observation& observation, const console::Reporter& reporter) {
    const Digest plan_id = saved_ ? saved_->saved.id : observation.plan_id;
    const state::RunStart start = run_start(observation, plan_id, run_, started_, mode_.command);
    notifications_->begin(observation.snapshot, observation.plan, *site_);
    apply::Account account = applied(observation, start, events_for(observation, run_, session_), *site_, *transport_, *keys_,
                                     session_, mode_.deadline);
    if (arguments_.metrics) measure(observation, account, *site_, metrics_);
    const int kept =
        keep_reports({.plan = &observation.plan, .plan_id = plan_id, .account = &account, .run = run_}, reporter, session_);
    account.exit_code = worse_exit_code(account.exit_code, kept);
    notifications_->end(account, account.exit_code, *site_);
    show_result(observation, account, run_, session_);
    return account.exit_code;
  }

  notify::Notifications::OfRun of_run() const { return {.id = run_, .command = mode_.command, .started = started_}; }

  const options::ApplyArguments& arguments_;
  const ApplyMode& mode_;
  const Manifest& manifest_;
  const std::optional<KeptPlan>& saved_;
  const console::Session& session_;
  show::RunMetrics& metrics_;
  std::optional<notify::Notifications>& notifications_;
  const Time started_ = session_.clock.now();
  const std::string run_ = apply::new_run_id(started_, apply::random_bits());
  std::optional<site::RunLock> lock_;  ///< held until the end
  std::optional<site::Site> site_;
  std::optional<apply::CatalogKeys> keys_;
  std::unique_ptr<io::Transport> transport_;
};

int do_apply(const options::ApplyArguments& arguments, const ApplyMode& mode, const console::Reporter& reporter,
             const console::Session& session, show::RunMetrics& metrics, std::optional<notify::Notifications>& notifications) {
  require_approval(arguments, session);
  const auto request = read_request(arguments, session);
  if (const auto* const problems = std::get_if<Problems>(&request)) return refuse(*problems, reporter, session);
  return ApplyCommand(arguments, mode, std::get<Request>(request), session, metrics, notifications).run(reporter);
}

}  // namespace

int run_apply(const options::ApplyArguments& arguments, const ApplyMode& mode, const console::Session& session) {
  std::optional<notify::Notifications> notifications;
  try {
    const console::Reporter reporter(arguments.outputs, session, true);
    const int exit_code = reporter.also_of_failures([&] {
      return console::measured(arguments.metrics, mode.command, session, [&](show::RunMetrics& metrics) {
        return do_apply(arguments, mode, reporter, session, metrics, notifications);
      });
    });
    if (notifications) notifications->tell(session);
    return exit_code;
  } catch (const Error& error) {
    if (notifications) notifications->tell_end(error, session);
    throw;
  }
}

int run_command(const options::ApplyArguments& arguments, const console::Session& session) {
  return run_apply(arguments, {}, session);
}

}  // namespace ingot::command
