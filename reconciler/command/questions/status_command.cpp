#include "reconciler/apply/upkeep/damaged_images.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/command/questions/shown_peers.hpp"
#include "reconciler/command/runs/look.hpp"
#include "reconciler/show/run/show_status.hpp"
#include "reconciler/site/last_plan.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

/// What a plan would say now; a manifest that is refused whole, or a state that is too old, is something to say, too.
void look_now(show::Status& status, site::Site& site, const console::Session& session) {
  const auto transport = session.connect();
  try {
    status.own = observe::look_at_own_url(site, *transport);
    Observation observation = look(site, {}, {}, *transport, session);
    status.disk = observation.observed.disk;
    status.images = observation.snapshot.images_total;
    status.plan = std::move(observation.plan);
  } catch (const Error& error) {
    if (error.fault() != Fault::refused && error.code() != Code::old_state && error.code() != Code::lost_root) throw;
    status.no_plan = error.text();
    status.images = site.state.images_total();
    status.disk = site::disk_of(site);
  }
}

}  // namespace

int run_command(const options::StatusArguments&, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  site::warn_of_anothers_folder(manifest->server, session);
  site::Site site(*manifest, state::Access::read_only, session.files, site::Moved::read);
  site::warn_of_move(site, session);
  show::Status status{.server = manifest->server.name,
                      .id = site.state.self(),
                      .images = 0,
                      .serial = 0,
                      .expires = std::nullopt,
                      .now = session.clock.now(),
                      .peers = {},
                      .last_run = site.state.last_run(),
                      .running = site::run_lock_holder(manifest->server),
                      .plan = std::nullopt,
                      .no_plan = "",
                      .disk = {},
                      .moved = site.state.moved()};
  if (const auto published = site.state.published()) {
    status.serial = published->serial;
    status.expires = published->expires;
  }
  look_now(status, site, session);
  status.damaged = apply::all_damaged_images(site.state, site.store);
  status.peers = shown_peers(*manifest, site.state.registrations(), site::read_last_plan(site));
  session.show([&](const show::Style& style, show::Output& out) { show::show_status(status, style, out); },
               [&](show::Output& out) { show::show_status_json(status, out); });
  return status.own && status.own->status != Code::ok ? exit_incomplete : exit_done;
}

}  // namespace ingot::command
