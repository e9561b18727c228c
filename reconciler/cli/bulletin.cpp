#include "reconciler/cli/bulletin.hpp"

#include <algorithm>

#include "reconciler/cli/tell_news.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

Bulletin::Bulletin(const Manifest& manifest, const OfRun& run)
    : news_{.server = manifest.server.name, .run = run.id, .command = run.command, .started = run.started, .finished = run.started, .manifest_path = manifest.path},
      to_(manifest.notify) {}

void Bulletin::begin(const Looked& looked, const Site& site) {
  if (to_.empty()) return;
  news_.id_of_server = looked.plan.id_of_server;
  if (const auto last = site.state.last_run()) news_.previous_exit = last->exit_code;
  news_.held = looked.plan.held;
  news_.blocked = looked.plan.blocked;
  news_.unknown = looked.plan.unknown;
  news_.series_before = members_of(looked.snapshot.series);
}

void Bulletin::end(const Account& account, const Site& site) {
  if (to_.empty()) return;
  const bool series_changed = std::any_of(account.done.begin(), account.done.end(), [](const ActionResult& one) { return one.address.text.starts_with("series."); });
  news_.series_after = series_changed ? members_of(site.state.snapshot().series) : news_.series_before;
  news_.exit_code = account.exit_code;
  news_.account = account;
}

void Bulletin::tell(const Session& session) noexcept {
  news_.finished = session.clock.now();
  tell_news(news_, to_, session);
}

void Bulletin::tell_end(const Error& error, const Session& session) noexcept {
  news_.error = error;
  news_.exit_code = exit_code_of(error.fault());
  tell(session);
}

}  // namespace ingot
