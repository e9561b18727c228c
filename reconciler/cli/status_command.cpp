#include "reconciler/apply/damaged_images.hpp"
#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/last_plan.hpp"
#include "reconciler/cli/look.hpp"
#include "reconciler/cli/read_manifest.hpp"
#include "reconciler/cli/show_status.hpp"
#include "reconciler/cli/shown_peers.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

/// What a plan would say now; a manifest that is refused whole, or a state that is too old, is something to say, too.
void look_now(Status& status, Site& site, const Session& session) {
  const auto transport = session.connect();
  try {
    Looked looked = look(site, {}, Pages::when_news, *transport, session);
    status.disk = looked.observed.disk;
    status.images = looked.snapshot.images_total;
    status.plan = std::move(looked.plan);
  } catch (const Error& error) {
    if (error.fault() != Fault::refused && error.code() != "old-state" && error.code() != "lost-root") throw;
    status.no_plan = error.text();
    status.images = site.state.images_total();
    status.disk = {.total = session.files.space_total(site.store.folder()),
                   .available = session.files.space_available(site.store.folder())};
  }
}

}  // namespace

int run_command(const StatusArguments&, const Session& session) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  Site site(*manifest, Access::read_only, session.files);
  Status status{.server = manifest->server.name,
                .id = site.state.self(),
                .images = 0,
                .serial = 0,
                .expires = std::nullopt,
                .now = session.clock.now(),
                .peers = {},
                .last_run = site.state.last_run(),
                .running = RunLock::holder(lock_path(manifest->server)),
                .plan = std::nullopt,
                .no_plan = "",
                .disk = {}};
  if (const auto published = site.state.published()) {
    status.serial = published->serial;
    status.expires = published->expires;
  }
  look_now(status, site, session);
  status.damaged = all_damaged_images(site.state, site.store);
  status.peers = shown_peers(*manifest, site.state.registrations(), read_last_plan(site));
  session.show([&](const Style& style, Output& out) { show_status(status, style, out); },
               [&](Output& out) { show_status_json(status, out); });
  return exit_done;
}

}  // namespace ingot
