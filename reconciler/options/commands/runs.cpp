// plan, apply, reconcile, diff.
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/options/define.hpp"
#include "schema/text/url.hpp"

namespace ingot::options {

namespace {

void check_plan(const PlanArguments& plan) {
  if (plan.options.approved && plan.out)
    wrong("a plan with --approve cannot be saved: apply does all of a saved plan", "leave out --out or --approve");
  if (plan.base && plan.out)
    wrong("a plan with --base leaves actions out, so it cannot be saved and applied", "leave out --out or --base");
  if (!plan.against) return;
  if (const auto why = why_not_a_url(*plan.against))
    wrong(fmt::format("the URL after --against {}", *why), "give the URL of the server's store/public, as its card says");
  if (plan.out)
    wrong("a plan with --against cannot be saved and applied: the server does not publish all of its state",
          "leave out --out, and compare ids: run \"ingot apply --expect ID\" on the server");
  if (plan.check_sources)
    wrong("--check-sources needs the sources, which are on the server of --against", "leave out --check-sources");
}

void raise_limit(plan::PlanOptions& options, const Setting& setting) {
  const auto equals = setting.value.find('=');
  const std::string which = setting.value.substr(0, equals);
  auto* const limit = which == "removals"      ? &options.raise_removals
                      : which == "stops"       ? &options.raise_stops
                      : which == "withdrawals" ? &options.raise_withdrawals
                                               : nullptr;
  const std::string number = equals == std::string::npos ? "" : setting.value.substr(equals + 1);
  if (limit == nullptr || number.empty() || number.find_first_not_of("0123456789") != std::string::npos || number.size() > 18)
    wrong(fmt::format("{} \"{}\" is not removals=N, stops=N or withdrawals=N", setting.name, io::printable(setting.value)),
          fmt::format("write for example {} removals=20", setting.name));
  *limit = std::stoull(number);
}

std::vector<std::string> verb_words() {
  std::vector<std::string> words;
  for (const Verb verb : all_verbs) words.emplace_back(text_of(verb));
  return words;
}

/// "copy,add"; adds to what is approved already.
void approve(std::optional<std::set<Verb>>& approved, const Setting& setting) {
  const std::vector<std::string> known = verb_words();
  if (!approved) approved.emplace();
  std::istringstream words(setting.value);
  for (std::string word; std::getline(words, word, ',');) {
    const auto verb = parse_verb(word);
    if (!verb)
      wrong(fmt::format("--approve: unknown verb \"{}\"", io::printable(word)),
            did_you_mean(word, known, fmt::format("use {}", fmt::join(known, ", "))));
    approved->insert(*verb);
  }
  if (approved->empty()) wrong("--approve names no verb", "write for example --approve copy,add,publish");
}

/// What of the plan is done, and within which limits.
template <class A>
void add_plan_options(FormOf<A>& form) {
  form.repeated(
      "--target ADDRESS", [](A & a) -> auto& { return a.options.targets; },
      "only this and what it needs (a copy: its peer, subscription and type; a series: its members). Only what is named is "
      "removed. The plan counts what it leaves out");
  form.repeated(
      "--exclude ADDRESS", [](A & a) -> auto& { return a.options.excluded; }, "everything but this and what needs it");
  form.repeated(
      "--raise-limit removals=N|stops=N|withdrawals=N", [](A& a, const Setting& setting) { raise_limit(a.options, setting); },
      "raise a limit of [guard] for this run: removals, stops (uninstantiations and unregistrations) or withdrawals (from one "
      "peer)");
  form.option(
      "--allow-empty", [](A & a) -> auto& { return a.options.allow_empty; },
      "accept a manifest that declares nothing, although the state manages something");
}

CommandEntry plan_command() {
  CommandEntry plan{"plan", "show what apply would change, and why", R"(
  ingot plan
  ingot plan --base origin/main                                          # what the checked-out change adds
  ingot plan --rev main                                                  # of a commit, whatever is checked out
  ingot plan --against https://gold.dc1.example.net --base origin/main   # on a build server
  ingot plan --json | jq '.actions[].address'
  ingot plan --out tonight.plan && ingot apply tonight.plan              # exactly this plan, or nothing
  ingot plan --output markdown=comment.md --output json=plan.json        # for a merge request
  ingot plan --target copy.fpps-2.db19_25                                # this copy and what it needs, nothing else
  ingot plan --exclude peer.fpps-3                                       # everything but what needs fpps-3
  ingot plan --detailed-exitcode || notify-send "ingot: exit $?"         # 2: changes are pending
  ingot plan --raise-limit removals=20                                   # allow 20 removals in this run
  ingot plan --approve copy,withdraw,update                              # what a timer with this --approve does, and holds
)",
                    R"(
Asks every peer, compares with the manifest, and shows what apply would do, with the reason of each line. Changes nothing, and
never waits for another run. The lines are grouped by peer; --json lists them in the order of apply. If the plan publishes, it
checks that the files of the published images are there. Other damage is reported by status and drift.

The line that names a rule says who changed it last, if the manifest is from git and the entry is new, changed or removed.

Formats: text, json, markdown (a comment; its first line marks it, so that a job finds it again), github (annotations of a
workflow, and the summary of the step), terraform and codequality (GitLab reports), sarif, junit.
)"};
  auto form = add_form<PlanArguments>(plan);
  form.option("--out FILE", &PlanArguments::out,
              "save the plan for \"ingot apply FILE\", \"ingot show FILE\" and \"ingot diff\": the output of --json and what "
              "is needed to check it later. Mode 0600. Replaces only a saved plan")
      .repeated("--output FORMAT=FILE", &PlanArguments::outputs, output_to_file)
      .option("--base REV", &PlanArguments::base,
              "show only what differs from the plan of REV: of the manifest at the commit where this one branched off from "
              "REV. This is for reading: apply would do the whole plan")
      .option("--against URL", &PlanArguments::against,
              "plan against the state that a server publishes at URL (publish_state = true), instead of the state here. It "
              "is verified with the server.card.toml beside the manifest and cached in XDG_CACHE_HOME/ingot. The id is that "
              "of the plan on the server, except for what only the server knows: its disk, the time (windows are ignored), "
              "the guard of its host, its private images, and types and series without a public image; these are assumed "
              "to be as the manifest says")
      .option("--check-sources", &PlanArguments::check_sources,
              "check every member of every source, not only the top folders of sources with more than 10,000 members in all")
      .option("--detailed-exitcode", &PlanArguments::detailed_exit_code, "exit code 2 if there is something to do")
      .repeated(
          "--approve VERB,...",
          [](PlanArguments& arguments, const Setting& setting) { approve(arguments.options.approved, setting); },
          "show what apply or reconcile does with this --approve, and what it holds (exit code 7). Not with --out");
  add_plan_options(form);
  form.check(check_plan)
      .formats({Format::text, Format::json, Format::markdown, Format::github, Format::terraform, Format::codequality,
                Format::sarif, Format::junit});
  return plan;
}

void expect(ApplyArguments& apply, const Setting& setting) {
  apply.expect = Digest::parse(setting.value.starts_with("sha256:") ? setting.value : "sha256:" + setting.value);
  if (!apply.expect)
    wrong(fmt::format("--expect \"{}\" is not the id of a plan", io::printable(setting.value)),
          "give the whole id, as \"ingot plan --json\" shows it: sha256: and 64 hex digits");
}

void check_apply(ApplyArguments& apply) {
  if (apply.yes && apply.options.approved == std::set{Verb::uninstantiate}) {
    apply.options.approved.reset();
    apply.options.end_despite_unknown = true;
  }
  plan::PlanOptions others = apply.options;
  others.end_despite_unknown = false;
  if (apply.plan && (apply.expect || others != plan::PlanOptions{}))
    wrong("a saved plan has its own limits and targets, which cannot be changed",
          "leave out the other flags, or leave out the PLAN");
  if (apply.yes && apply.options.approved)
    wrong("--yes approves everything, --approve only some verbs",
          "give one of them; together they are allowed only as --yes --approve uninstantiate, which ends dropped subscriptions "
          "although another selector of their peer is unknown");
}

CommandEntry apply_command() {
  CommandEntry apply{"apply", "plan, ask, and carry out the plan", R"(
  ingot apply                                      # shows the plan, asks, carries it out
  ingot apply tonight.plan                         # exactly the saved plan, without asking, or nothing (exit code 8)
  ingot apply --approve copy,add,withdraw          # only these; the rest is listed (exit code 7)
  ingot apply --yes                                # without asking, for scripts; timers run "ingot reconcile"
  ingot apply --yes --json                         # one JSON event a line; the last is always the result
  ingot apply --yes --output markdown=applied.md   # the result, for a build server
)",
                     R"(
An action that fails does not stop actions that do not depend on it. Run apply again: it goes on where it stopped. Ctrl-C stops it
cleanly, a second Ctrl-C at once. With --yes --quiet the plan is shown only if it expects trouble, and a run with nothing to do
prints nothing.

A saved PLAN is carried out once, and only if it still fits: the state and the manifest are unchanged, and each of its actions
would be planned now as it was then, with the reasons and sizes in the file. The peers are asked again. What they have published
since then is left for the next plan. If the plan does not fit, the differences are shown line by line, nothing is done, and the
exit code is 8.
)"};
  apply.events = true;
  auto form = add_form<ApplyArguments>(apply);
  form.word("[PLAN]", &ApplyArguments::plan)
      .option("--yes", &ApplyArguments::yes,
              "do not ask. Without it and without a terminal, apply refuses before any work (exit code 9). With --approve "
              "uninstantiate: also end dropped subscriptions although another selector of their peer names nothing there "
              "(unknown-selector), and those that a PLAN lists as held")
      .repeated(
          "--approve VERB,...",
          [](ApplyArguments& arguments, const Setting& setting) { approve(arguments.options.approved, setting); },
          fmt::format(
              "do only actions of these verbs; hold the others and what needs them (exit code 7). publish, delta and upload "
              "need no approval. VERB: {}",
              fmt::join(verb_words(), ", ")))
      .option("--expect ID", expect,
              "plan again, and go on only if the plan has this id (see plan --json); otherwise exit code 8")
      .option("--rewind", &ApplyArguments::rewind,
              "allow a manifest from an older commit than the one applied last, or from another branch, although the guard "
              "\"forward\" is set. Says what that takes back")
      .repeated("--output FORMAT=FILE", &ApplyArguments::outputs,
                "write the result to FILE too, also if the run fails. FORMAT: text, json (the first and the last event), "
                "markdown, github, codequality, sarif, junit")
      .option("--metrics FILE", &ApplyArguments::metrics, metrics_file);
  add_plan_options(form);
  form.check(check_apply).formats({Format::text, Format::json}, validate_formats);
  return apply;
}

void check_reconcile(const ReconcileArguments& reconcile) {
  if (reconcile.deadline && reconcile.deadline->count() == 0)
    wrong("--deadline leaves no time at all", "write for example --deadline 50m");
  if (reconcile.deadline && *reconcile.deadline <= reconcile.jitter)
    wrong("--deadline can be over before the wait of --jitter ends",
          "both count from the start: give a later deadline or a shorter jitter");
}

CommandEntry reconcile_command() {
  CommandEntry reconcile{"reconcile", "plan and apply without asking, for a timer", R"(
  ingot reconcile                               # for a timer: see examples/systemd and examples/cron
  ingot reconcile --jitter 10m --deadline 50m   # for an hourly timer: runs never overlap
  ingot reconcile --approve copy,withdraw,update,remove   # follow the peers; nothing is added or deleted here
  ingot reconcile --approve copy,withdraw,update,remove,export,switch,unexport   # and keep the exports current
  ingot reconcile --json                        # one JSON event a line; the last is always the result
  ingot reconcile --repo https://git.example.net/gold.git --rev main -f sites/fpps-1   # without a checkout
)",
                         R"(
Plans and carries out the plan without asking, within the guards of the manifest and of the host. The guards cannot be raised here.
What a guard holds is listed and not done. A commit that [guard] git does not allow stops the run (exit code 7). If there is nothing
to do, reconcile prints nothing, records no run and exits with 0. Work beyond max_bytes, outside of a window or after the deadline
is deferred to the next run; if nothing else is left, the exit code is 0.

With --approve, actions of other verbs are held (exit code 7). update brings new images into series that follow a peer; remove is
what prune does; export, switch and unexport keep the exports current, and also carry out a changed [[export]]; repair fetches damaged
images again. A new site needs register and instantiate once, and create for each series: run "ingot apply" there first.
"ingot plan --approve VERB,..." shows what a run would do and hold.
)"};
  reconcile.events = true;
  add_form<ReconcileArguments>(reconcile)
      .repeated(
          "--approve VERB,...",
          [](ReconcileArguments& arguments, const Setting& setting) { approve(arguments.approved, setting); },
          "do only actions of these verbs; hold the others and what needs them (exit code 7). \"ingot apply --help\" lists the "
          "verbs, and those that need no approval")
      .option("--jitter TIME", &ReconcileArguments::jitter,
              "first wait a random time of at most TIME. Nothing is read and no lock is held meanwhile")
      .option("--deadline TIME", &ReconcileArguments::deadline,
              "start no action later than TIME after the start, and stop running copies and uploads; the next run "
              "continues them. What was done is published, and withdrawals are not deferred. Asking the peers takes at "
              "most a quarter of the remaining time. Fetching the repository has its own limit")
      .option("--metrics FILE", &ReconcileArguments::metrics, metrics_file)
      .check(check_reconcile);
  return reconcile;
}

CommandEntry diff_command() {
  CommandEntry diff{"diff", "compare two saved plans", R"(
  ingot plan --out new.plan; ingot diff old.plan new.plan
  ingot diff old.plan new.plan --json | jq '.added[].address'
)",
                    R"(
Shows which actions were removed, which were added, and which have another result, key by key. Reads the files that
"ingot plan --out" or "ingot plan --json" wrote, and nothing else. Exit code 0 if the plans are the same, 2 if they differ.
)"};
  add_form<DiffArguments>(diff).word("PLAN", &DiffArguments::before).word("PLAN", &DiffArguments::after);
  return diff;
}

}  // namespace

std::vector<CommandEntry> run_commands() { return {plan_command(), apply_command(), reconcile_command(), diff_command()}; }

}  // namespace ingot::options
