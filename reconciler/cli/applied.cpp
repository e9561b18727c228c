#include "reconciler/cli/applied.hpp"

#include "reconciler/cli/progress_display.hpp"

namespace ingot {

std::unique_ptr<Events> progress_for(const Session& session) {
  const bool silent = session.flags.quiet || session.flags.no_progress;
  const Display display = silent ? Display::failures_only : session.terminal.error_is_terminal() ? Display::bars : Display::lines;
  return std::make_unique<ProgressDisplay>(session.terminal, session.clock, display, session.error_style());
}

Account applied(const Looked& looked, const RunStart& start, std::unique_ptr<Events> events, Site& site, Transport& transport,
                const CatalogKeys& keys, const Session& session, std::optional<std::chrono::steady_clock::time_point> deadline) {
  Workshop shop{.state = site.state,
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
                .seen = accepted_heads(looked.observed),
                .deadline = deadline};
  return apply(looked.plan, start, shop);
}

}  // namespace ingot
