#include "reconciler/site/site.hpp"

#include <array>
#include <cstdlib>

#include <unistd.h>

#include "reconciler/io/disk/owner.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/site/find_image.hpp"
#include "schema/text/text_rules.hpp"
#include "schema/text/url.hpp"

namespace ingot::site {

namespace {

state::State open_state(const ServerSection& server, state::Access access, io::Files& files, Moved moved) {
  require_made(server, files);
  state::State state = state::State::open(place_of(server), access);
  if (moved == Moved::refused) refuse_moved(state, server);
  return state;
}

/// Whoever writes, under the run lock, makes the empty folders that a backup left out, and clears what dead runs left half
/// made; a store that is gone is never made anew.
store::Store open_store(const ServerSection& server, state::Access access, const std::string& lineage, io::Files& files) {
  store::Store store = store::Store::open(files, server.store, lineage);
  if (access == state::Access::read_only) return store;
  store::Store::create(files, server.store, lineage);
  store.clear_left_overs();
  return store;
}

std::string user_behind() {
  const char* const behind_sudo = std::getenv("SUDO_USER");
  if (behind_sudo != nullptr && *behind_sudo != '\0' && ::geteuid() == 0) return behind_sudo;
  return io::user_name(::geteuid());
}

}  // namespace

bool has_state(const ServerSection& server, io::Files& files) {
  return is_database_url(server.state) ? state::State::is_in_database(place_of(server)) : files.status(server.state).has_value();
}

void refuse_moved(const state::State& state, const ServerSection& server) {
  const auto moved = state.moved();
  if (!moved) return;
  throw Error(Fault::local, state::move_text(server.state, *moved), state::move_mend(*moved)).about(server.state);
}

void warn_of_move(const Site& site, const console::Session& session) {
  const auto moved = site.state.moved();
  if (!moved) return;
  session.warn(io::printable(fmt::format("{}: this is what it said before; {}",
                                         state::move_text(site.manifest.server.state, *moved), state::move_mend(*moved))));
}

Site::Site(const Manifest& the_manifest, state::Access access, io::Files& the_files, Moved moved)
    : manifest(the_manifest),
      files(the_files),
      state(open_state(the_manifest.server, access, the_files, moved)),
      store(open_store(the_manifest.server, access, state.lineage(), the_files)),
      memory(the_files, state_folder(the_manifest.server)) {}

Site::Site(const Manifest& the_manifest, const RunLock& lock, io::Files& the_files)
    : Site(the_manifest, state::Access::read_write, the_files) {
  if (const auto fence = lock.fence()) state.hold_to(*fence);
}

plan::DiskView disk_of(const Site& site) {
  const std::string& folder = site.store.folder();
  return {.total = site.files.space_total(folder), .available = site.files.space_available(folder)};
}

void require_made(const ServerSection& server, io::Files& files) {
  if (is_database_url(server.state)) return;  // whoever opens it says what is missing
  if (files.status(server.state)) return;
  if (store::Store::lineage_of(files, server.store)) {
    throw Error(Fault::local,
                fmt::format("the state \"{}\" is gone, but the store \"{}\" is here", io::printable(server.state),
                            io::printable(server.store)),
                "restore the newest state from its backup, set `state` in [server] to its folder, or run \"ingot state "
                "rebuild\", which rebuilds the state from the store; nothing was done")
        .about(server.state);
  }
  throw Error(
      Fault::local, fmt::format("this server has no state yet: \"{}\" does not exist", io::printable(server.state)),
      "run \"ingot init\" once, with the same -f, --rev and --repo as this run, and with its --home as the folder; it creates "
      "what is missing")
      .about(server.state);
}

const PeerEntry& peer_called(const ServerName& name, const Manifest& manifest) {
  std::vector<std::string> names;
  for (const auto& peer : manifest.peers) {
    if (peer.name == name) return peer;
    names.push_back(peer.name.text());
  }
  const auto refuse = [&](const std::string& text, const std::string& mend) {
    return Error(Fault::usage, text, mend).with_code(Code::unknown_peer).about(name.text());
  };
  if (name == manifest.server.name) throw refuse(fmt::format("\"{}\" is this server", name.text()), "leave out --peer");
  const std::string hint = nearest_hint(name.text(), names);
  throw refuse(fmt::format("the manifest has no peer \"{}\"", name.text()), hint.empty() ? "see: ingot query peers" : hint);
}

RunLock take_lock(const ServerSection& server, const std::string& what, const console::Session& session) {
  require_made(server, session.files);
  return take_lock_without_a_state(server, what, session);
}

void warn_of_anothers_folder(const ServerSection& server, const console::Session& session) {
  const std::string folder = state_folder(server);
  const auto owner = ::geteuid() == 0 ? io::owner_of(folder) : std::nullopt;
  if (!owner || owner->user == 0) return;
  const std::string user = io::user_name(owner->user);
  session.warn(
      fmt::format("this runs as root, and \"{}\" belongs to {}: what root writes there, {} cannot read or "
                  "replace; run it as {}: \"sudo -u {} ingot …\"",
                  io::printable(folder), user, user, user, user));
}

RunLock take_lock_without_a_state(const ServerSection& server, const std::string& what, const console::Session& session) {
  warn_of_anothers_folder(server, session);
  const std::string who =
      fmt::format("{} by {}, process {}, since {}", what, actor(), ::getpid(), time_text(session.clock.now()));
  return RunLock::take(server, who, session);
}

std::string actor() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) return user_behind() + "@unknown";
  return user_behind() + "@" + host.data();
}

}  // namespace ingot::site
