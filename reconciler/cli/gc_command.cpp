#include <algorithm>

#include "reconciler/apply/garbage.hpp"
#include "reconciler/apply/published.hpp"
#include "reconciler/cli/commands.hpp"
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
  throw Error(Fault::refused, "the state was made anew, and no apply has done since all that there was to do: it may not know yet what is needed",
              "look at \"ingot plan\", then \"ingot apply\"; nothing was taken")
      .with_code("rebuilt");
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
  const Garbage garbage = collect_garbage(site.state, site.store, manifest->server, rules, now);
  const bool each = arguments.dry_run || session.flags.verbose;
  session.show([&](const Style& style, Output& out) { show_garbage(garbage, arguments.dry_run, each, style, out); },
               [&](Output& out) { show_garbage_json(garbage, rules, out); });
  return exit_done;
}

}  // namespace ingot
