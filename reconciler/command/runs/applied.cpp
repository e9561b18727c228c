#include "reconciler/command/runs/applied.hpp"

#include "reconciler/console/progress_display.hpp"
#include "reconciler/site/shared_memory.hpp"

namespace ingot::command {

std::unique_ptr<apply::Events> progress_for(const console::Session& session) {
  const bool silent = session.flags.quiet || session.flags.no_progress;
  const console::Display display = silent                                 ? console::Display::failures_only
                                   : session.terminal.error_is_terminal() ? console::Display::bars
                                                                          : console::Display::lines;
  return std::make_unique<console::ProgressDisplay>(session.terminal, session.clock, display, session.error_style());
}

apply::Account applied(const Observation& observation, const state::RunStart& start, std::unique_ptr<apply::Events> events,
                       site::Site& site, io::Transport& transport, const apply::CatalogKeys& keys,
                       const console::Session& session, std::optional<std::chrono::steady_clock::time_point> deadline) {
  site::tell_of_peers(site);  // before anything is done: whatever ends this run, the other machines know
  apply::ApplyContext context{.state = site.state,
                              .store = site.store,
                              .files = site.files,
                              .transport = transport,
                              .memory = site.memory,
                              .clock = session.clock,
                              .catalog_keys = keys,
                              .manifest = site.manifest,
                              .events = *events,
                              .parallel = session.flags.parallel.value_or(site.manifest.limits.parallel),
                              .actor = start.actor,
                              .commit = start.git ? std::optional(start.git->commit_text()) : std::nullopt,
                              .seen = observe::accepted_heads(observation.observed),
                              .deadline = deadline};
  return apply::apply(observation.plan, start, context);
}

}  // namespace ingot::command
