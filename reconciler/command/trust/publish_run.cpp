#include "reconciler/command/trust/publish_run.hpp"

#include "reconciler/apply/publish/fresh_ids.hpp"
#include "reconciler/apply/run.hpp"
#include "reconciler/command/trust/upload_published.hpp"
#include "reconciler/source/git_view.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

state::RunStart run_start_of(const std::string& command, const Manifest& manifest, Time started) {
  return {.id = apply::new_run_id(started, apply::random_bits()),
          .started = started,
          .command = command,
          .actor = site::actor(),
          .manifest_path = manifest.path,
          .manifest_digest = manifest.digest,
          .git = manifest.git,
          .plan_id = "",
          .planned = 0};
}

int exit_code_of(const apply::PublishedNow& published) {
  if (!published.left_out.empty()) return exit_local;
  return published.uploaded ? exit_done : exit_incomplete;
}

PublishRun::PublishRun(const std::string& command, const Manifest& manifest, const console::Session& in_session)
    : session(in_session),
      start(run_start_of(command, manifest, session.clock.now())),
      lock(site::take_lock(manifest.server, command + " " + start.id, session)),
      site(manifest, lock, session.files) {
  source::require_commit(site, session.flags);
}

apply::PublishedNow PublishRun::record(const std::function<apply::PublishedNow()>& work) {
  apply::begin_run(start, site.state, site.store);
  try {
    apply::PublishedNow published = work();
    published.uploaded = upload_published(site, session);
    site.state.finish_run(start.id, session.clock.now(), exit_code_of(published));
    return published;
  } catch (const Error& error) {
    site.state.finish_run(start.id, session.clock.now(), exit_code_of(error.fault()));
    throw;
  }
}

}  // namespace ingot::command
