#include "reconciler/cli/publish_run.hpp"

#include "reconciler/apply/fresh_ids.hpp"
#include "reconciler/apply/run.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

RunStart run_start_of(const std::string& command, const Manifest& manifest, Time started) {
  return {.id = new_run_id(started, random_bits()),
          .started = started,
          .command = command,
          .actor = actor(),
          .manifest_path = manifest.path,
          .manifest_digest = manifest.digest,
          .git = manifest.git,
          .plan_id = "",
          .planned = 0};
}

int exit_code_of(const PublishedNow& published) { return published.left_out.empty() ? exit_done : exit_local; }

PublishedNow as_run(const RunStart& start, Site& site, const Session& session, const std::function<PublishedNow()>& work) {
  begin_run(start, site.state, site.store);
  try {
    const PublishedNow published = work();
    site.state.finish_run(start.id, session.clock.now(), exit_code_of(published));
    return published;
  } catch (const Error& error) {
    site.state.finish_run(start.id, session.clock.now(), exit_code_of(error.fault()));
    throw;
  }
}

}  // namespace ingot
