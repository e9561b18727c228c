// gc as a command: what it may trust, what it took, and the run that the history keeps of it.
#include "reconciler/apply/garbage.hpp"
#include "reconciler/apply/published.hpp"
#include "reconciler/apply/run.hpp"
#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/publish_run.hpp"
#include "reconciler/cli/read_manifest.hpp"
#include "reconciler/cli/refused_pages.hpp"
#include "reconciler/cli/show_garbage.hpp"
#include "reconciler/cli/site.hpp"
#include "reconciler/cli/wanted_bytes.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

/// Nothing is taken on the word of a state that may not know all that is here.
void refuse_a_state_in_doubt(const Site& site) {
  site.state.check();
  refuse_an_old_state(site.state, site.store);
  if (!site.state.made_anew()) return;
  throw Error(Fault::refused,
              "the state was made anew, and no apply has done since all that there was to do: it may not know yet what is needed",
              "look at \"ingot plan\", then \"ingot apply\"; nothing was taken")
      .with_code("rebuilt");
}

/// After the work, since a full disk takes no row before: a gc that took nothing is no run. If it cannot be recorded, that
/// is one more note.
void record(Garbage& garbage, const Site& site, Time started, const Session& session) {
  if (garbage.taken.empty() && garbage.unserved.empty()) return;
  try {
    Site writable(site.manifest, Access::read_write, session.files);
    const RunStart run = run_start_of("gc", site.manifest, started);
    begin_run(run, writable.state, writable.store);
    writable.state.finish_run(run.id, session.clock.now(), garbage.fault ? exit_local : exit_done);
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    garbage.notes.push_back("this run could not be recorded: " + error.text());
    garbage.fault = true;
  }
}

}  // namespace

int run_command(const GcArguments& arguments, const Session& session) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  const RunLock lock = take_lock(manifest->server, "gc", session);
  Site site(*manifest, Access::read_only, session.files);
  refuse_a_state_in_doubt(site);
  const Time now = session.clock.now();
  const GarbageRules rules{.grace = arguments.grace, .dry_run = arguments.dry_run, .wanted = wanted_bytes(site, now)};
  Garbage garbage = collect_garbage(site.state, site.store, manifest->server, rules, now);
  if (!rules.dry_run) forget_refused_pages(site);
  if (const auto trouble = site.memory.trouble()) {
    garbage.notes.push_back(*trouble);
    garbage.fault = true;
  }
  if (!rules.dry_run) record(garbage, site, now, session);
  const bool each = arguments.dry_run || session.flags.verbose;
  session.show([&](const Style& style, Output& out) { show_garbage(garbage, arguments.dry_run, each, style, out); },
               [&](Output& out) { show_garbage_json(garbage, rules, out); });
  return garbage.fault ? exit_local : exit_done;
}

}  // namespace ingot
