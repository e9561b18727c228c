// gc as a command: what it may trust, what it took, and the run that the history keeps of it.
#include "reconciler/apply/publish/published.hpp"
#include "reconciler/apply/run.hpp"
#include "reconciler/apply/upkeep/garbage.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/command/images/refused_pages.hpp"
#include "reconciler/command/trust/publish_run.hpp"
#include "reconciler/observe/wanted_bytes.hpp"
#include "reconciler/show/catalog/show_garbage.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/git_view.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

/// Nothing is taken on the word of a state that may not know all that is here.
void refuse_a_state_in_doubt(const site::Site& site) {
  site.state.check();
  apply::refuse_an_old_state(site.state, site.store);
  if (!site.state.made_anew()) return;
  throw Error(Fault::refused, "the state was rebuilt, and no apply has finished since: gc cannot know yet what is needed",
              "run \"ingot plan\", then \"ingot apply\"; nothing was removed")
      .with_code(Code::rebuilt);
}

/// After the work, since a full disk takes no row before: a gc that took nothing is no run. If it cannot be recorded, that
/// is one more note.
void record(apply::Garbage& garbage, const site::Site& site, Time started, const console::Session& session) {
  if (garbage.taken.empty() && garbage.unserved.empty()) return;
  try {
    site::Site writable(site.manifest, state::Access::read_write, session.files);
    const state::RunStart run = run_start_of("gc", site.manifest, started);
    apply::begin_run(run, writable.state, writable.store);
    writable.state.finish_run(run.id, session.clock.now(), garbage.fault ? exit_local : exit_done);
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    garbage.notes.push_back("this run could not be recorded: " + error.text());
    garbage.fault = true;
  }
}

}  // namespace

int run_command(const options::GcArguments& arguments, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  const io::RunLock lock = site::take_lock(manifest->server, "gc", session);
  site::Site site(*manifest, state::Access::read_only, session.files);
  if (!arguments.dry_run) source::require_commit(site, session.flags);
  refuse_a_state_in_doubt(site);
  const Time now = session.clock.now();
  const apply::GarbageRules rules{
      .grace = arguments.grace, .dry_run = arguments.dry_run, .wanted = observe::wanted_bytes(site, now)};
  apply::Garbage garbage = apply::collect_garbage(site.state, site.store, manifest->server, rules, now);
  if (!rules.dry_run) forget_refused_pages(site);
  if (const auto trouble = site.memory.trouble()) {
    garbage.notes.push_back(*trouble);
    garbage.fault = true;
  }
  if (!rules.dry_run) record(garbage, site, now, session);
  const bool each = arguments.dry_run || session.flags.verbose;
  session.show(
      [&](const show::Style& style, show::Output& out) { show::show_garbage(garbage, arguments.dry_run, each, style, out); },
      [&](show::Output& out) { show::show_garbage_json(garbage, rules, out); });
  return garbage.fault ? exit_local : exit_done;
}

}  // namespace ingot::command
