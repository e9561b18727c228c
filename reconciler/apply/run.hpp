// What the verbs of one run share: the plan, the context of the apply, the journal, the images by name, the peers' connections.
// Each verb does its work on it and gives effects or a failure; only apply.cpp begins, finishes and accounts.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "reconciler/apply/apply.hpp"
#include "reconciler/apply/bounds.hpp"
#include "reconciler/apply/group.hpp"
#include "reconciler/apply/journal.hpp"
#include "reconciler/io/net/throttle.hpp"
#include "schema/error.hpp"

namespace ingot::apply {

/// An action that was begun.
struct Task {
  const plan::Change& change;
  std::int64_t number = 0;  ///< in the journal
};

/// One connection pool a peer, made when it is first needed; one more for each URL that is asked alone. Thread-safe.
class Peers {
 public:
  Peers(io::Transport& transport, const Manifest& manifest) : transport_(transport), manifest_(manifest) {}
  /// At all its URLs. Error{manifest} if its credentials are not there, Error{internal} if the manifest does not name it.
  io::PeerTransport& connect(const ServerName& name) { return connect(name, entry_of(name).urls); }
  /// At these of its URLs; the same errors.
  io::PeerTransport& connect(const ServerName& name, const std::vector<std::string>& urls);
  const PeerEntry& entry_of(const ServerName& name) const;  ///< Error{internal} likewise

 private:
  io::Transport& transport_;
  const Manifest& manifest_;
  std::mutex mutex_;
  std::map<std::pair<ServerName, std::vector<std::string>>, std::unique_ptr<io::PeerTransport>> connected_;
};

/// The peers of which a run asks nothing more, because they failed too often. Thread-safe.
class LeftPeers {
 public:
  void leave(const ServerName& peer);
  /// Why a fetch that may be had of any of these is not begun; nullopt: it may be.
  std::optional<Skipped> why_not(const std::vector<ServerName>& peers) const;

 private:
  mutable std::mutex mutex_;
  std::set<ServerName> left_;
};

/// Passes events on; a display that cannot be written does not stop the work (whoever writes the account finds out).
class ForwardingEvents final : public Events {
 public:
  explicit ForwardingEvents(Events& events) : events_(events) {}
  void begin(const plan::Plan& plan) override;
  void start(const plan::Change& change) override;
  void progress(const ActionProgress& progress) override;
  void end(const plan::Change& change, const ActionResult& result) override;
  void note(const std::string& text) override;

 private:
  Events& events_;
};

/// Files that copies under way fetch and throw away: two of them may need the same one. Thread-safe.
class FilesInUse {
 public:
  /// Has all of them to itself until it goes.
  class Lease {
   public:
    /// Waits until nobody else has any of them; asks `may_go_on` meanwhile, which may throw.
    Lease(FilesInUse& files, std::set<Digest> wanted, const std::function<void()>& may_go_on);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

   private:
    FilesInUse& files_;
    std::set<Digest> mine_;
  };

  /// Gives `use` each of them that nobody has, and lets nobody have it meanwhile. Waits for no lease.
  void with_free(const std::set<Digest>& files, const std::function<void(const Digest&)>& use);

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  std::set<Digest> in_use_;
};

/// Bytes that `max_bytes` allows beyond what the plan fetches: for images whose deltas are of no use. Thread-safe.
class SpareBytes {
 public:
  SpareBytes(const plan::Plan& plan, const Limits& limits);
  /// False: there are not so many left, and none are taken.
  bool take(std::uint64_t bytes);

 private:
  std::mutex mutex_;
  std::uint64_t left_ = 0;
};

struct Run {
  Run(const plan::Plan& the_plan, const std::string& id, ApplyContext& the_context, GroupEnd group_end);

  const plan::Plan& plan;
  ApplyContext& context;
  ForwardingEvents events;
  Journal journal;
  io::Throttle throttle;
  Bounds bounds;
  Peers peers;
  LeftPeers left;
  FilesInUse files_in_use;
  SpareBytes spare_bytes;
  std::mutex applying_deltas;         ///< each takes some 150 MiB, whatever the number of copies side by side
  std::vector<state::ImageRow> rows;  ///< images of the snapshot that this plan's names concern, deleted ones too
  ImageNames names;
  Group group;  ///< what a verb reads that another action of this run may bring is settled first

  /// For work under way that can go on in a later run, from time to time: records a group that has waited for long. Error that
  /// outcome_of knows: the run is interrupted, or its deadline is over.
  void may_go_on();
  /// The papers of an image that comes by `change` now (R27).
  state::Provenance papers_of(const plan::Change& change) const;
};

/// Enters a run into the history. If the last one died, what it left on disk is made durable first: this run builds on it.
void begin_run(const state::RunStart& start, state::State& state, store::Store& store);

/// Where bytes of images here belong: in the public tree if one of these images is served.
store::Place place_of_bytes(const Digest& digest, const state::State& state, bool publish_copies);
store::Place place_of_bytes(const Digest& digest, Run& run);
/// A failure of the world as an outcome; `Skipped` for an interrupt.
Outcome outcome_of(const Error& error);
/// The same of whatever was thrown: what is no Error is a bug, but for a lack of memory.
Outcome outcome_of_any(const std::exception& error);
/// The code of an Error{local}: "no-space" or "io".
Code local_code(const Error& error);

}  // namespace ingot::apply
