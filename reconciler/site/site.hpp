// One server as its manifest says, opened: state, store, what is remembered of peers. And the run lock.
#pragma once

#include <string>

#include "reconciler/console/session.hpp"
#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/io/disk/run_lock.hpp"
#include "reconciler/plan/plan.hpp"
#include "reconciler/store/store.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/state.hpp"

namespace ingot::site {

struct Site {
  /// Error{local}: not made yet, or lost or damaged in part; a lost state is never made anew.
  Site(const Manifest& the_manifest, state::Access access, io::Files& the_files);

  const Manifest& manifest;
  io::Files& files;
  state::State state;
  store::Store store;
  io::PeerMemory memory;
};

/// The [[peer]] of that name. Error{usage} "unknown-peer" with the nearest name.
const PeerEntry& peer_called(const ServerName& name, const Manifest& manifest);

/// The file system of the store. Error{local}.
plan::DiskView disk_of(const Site& site);

/// The folder of the state file, where the lock and the memory of peers are.
std::string state_folder(const ServerSection& server);

/// Error{local} with how to mend it, if this server has not been made yet or its state is lost.
void require_made(const ServerSection& server, io::Files& files);

/// Before anything is written: root would leave files in another user's folder that this user can neither read nor replace. Also
/// what only reads keeps something there.
void warn_of_anothers_folder(const ServerSection& server, const console::Session& session);

std::string lock_path(const ServerSection& server);
/// Waits as --lock-timeout says. Error{busy}.
io::RunLock take_lock(const ServerSection& server, const std::string& what, const console::Session& session);
/// The same where the state is lost; its folder must be there.
io::RunLock take_lock_without_a_state(const ServerSection& server, const std::string& what, const console::Session& session);

/// "user@host" of who runs this; the user behind sudo.
std::string actor();

}  // namespace ingot::site
