// One server as its manifest says, opened: state, store, what is remembered of peers. And the run lock.
#pragma once

#include <string>

#include "reconciler/console/session.hpp"
#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/plan/plan.hpp"
#include "reconciler/site/place.hpp"
#include "reconciler/site/run_lock.hpp"
#include "reconciler/store/store.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/state.hpp"

namespace ingot::site {

/// Whether a state that was moved elsewhere may be read: what it says is of before.
enum class Moved { refused, read };

struct Site {
  /// Error{local}: not made yet, or lost or damaged in part; a lost state is never made anew.
  Site(const Manifest& the_manifest, state::Access access, io::Files& the_files, Moved moved = Moved::refused);
  /// For writing, as long as that lock is held.
  Site(const Manifest& the_manifest, const RunLock& lock, io::Files& the_files);

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

/// Whether this server has a state. Error{local}: its database cannot be reached.
bool has_state(const ServerSection& server, io::Files& files);

/// Error{local} that names the new place, if this state was moved.
void refuse_moved(const state::State& state, const ServerSection& server);
/// Says so where a state that was moved is read all the same.
void warn_of_move(const Site& site, const console::Session& session);

/// Error{local} with how to mend it, if this server has not been made yet or its state is lost.
void require_made(const ServerSection& server, io::Files& files);

/// Before anything is written: root would leave files in another user's folder that this user can neither read nor replace. Also
/// what only reads keeps something there.
void warn_of_anothers_folder(const ServerSection& server, const console::Session& session);

/// Waits as --lock-timeout says. Error{busy}.
RunLock take_lock(const ServerSection& server, const std::string& what, const console::Session& session);
/// The same where the state is lost; its folder must be there.
RunLock take_lock_without_a_state(const ServerSection& server, const std::string& what, const console::Session& session);

/// "user@host" of who runs this; the user behind sudo.
std::string actor();

}  // namespace ingot::site
