// What is remembered of peers in files beside the state: the cache of their pages, the last heads, the floors of trust
// (which only rise), and what a plan found settled. On a read-only disk it goes on without, and says so once.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/io/disk/files.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/catalog/floor.hpp"
#include "schema/digest.hpp"
#include "schema/note.hpp"

namespace ingot::io {

/// The last head whose whole catalog was verified.
struct CachedHead {
  std::string bytes;  ///< the envelope as served
  std::string url;    ///< the base URL that served it
  Time fetched;       ///< when it was first seen
  bool operator==(const CachedHead&) const = default;
};

/// What a plan found settled for a peer.
struct SettledMark {
  Digest fingerprint;  ///< of index, rules, state revision
  std::optional<Time> until;
  std::vector<Note> notes;
  bool operator==(const SettledMark&) const = default;
};

/// A floor together with the raw envelope of its head: the evidence, if another head contradicts it.
struct FloorRecord {
  Floor floor;
  std::string head_envelope;
};

/// Folders: <state folder>/cache/<id hex>/… (may be deleted at any time) and <state folder>/trust/<id hex>/… (must not).
/// Damaged cache files count as not there; a damaged floor still holds by its name, and is a trouble. Thread-safe: peers
/// are asked in parallel; several runs may use the same folders at once.
class PeerMemory {
 public:
  /// `files` outlives it. Error{local} as refuse_linked_memory.
  PeerMemory(Files& files, std::string state_folder);

  std::optional<CachedHead> head(const ServerId& id);
  void keep_head(const ServerId& id, const CachedHead& head);
  std::optional<std::string> root(const ServerId& id, std::uint64_t version);  ///< the envelope
  void keep_root(const ServerId& id, std::uint64_t version, std::string_view envelope);
  /// A page or index, checked against its digest and length.
  std::optional<std::string> piece(const ServerId& id, const Piece& piece);
  void keep_piece(const ServerId& id, const Piece& piece, std::string_view bytes);
  /// Drops all pieces but these, and what dead processes left half written.
  void forget_pieces_but(const ServerId& id, const std::vector<Digest>& keep);

  std::optional<SettledMark> settled(const ServerId& id);
  /// A mark whose notes are longer than 1 MiB is not kept: the next plan reads the peer's pages again.
  void keep_settled(const ServerId& id, const SettledMark& mark);

  std::optional<Floor> floor(const ServerId& id);
  /// The servers that have a floor here.
  std::vector<ServerId> servers_with_floors();
  std::optional<FloorRecord> floor_record(const ServerId& id);
  /// A lower one changes nothing.
  void raise_floor(const Floor& floor, std::string_view head_envelope);
  /// Saves two heads that contradict each other ("": is not here any more), for a human; gives the folder. While it is there,
  /// has_evidence holds.
  std::string keep_evidence(const ServerId& id, std::string_view one, std::string_view other);
  bool has_evidence(const ServerId& id);
  std::string evidence_folder(const ServerId& id) const;

  // The same for other machines of this server. Whoever removes the folder here tells them so: a mark beside it says that they
  // knew.
  /// The heads that were saved, as one text; "": none.
  std::string evidence(const ServerId& id);
  /// Saves what evidence() gave on another machine.
  void take_evidence(const ServerId& id, std::string_view text);
  /// A human has looked at it elsewhere: has_evidence holds no more, and the heads stay under another name.
  void set_evidence_aside(const ServerId& id);
  bool is_evidence_shared(const ServerId& id);
  void mark_evidence_shared(const ServerId& id, bool shared);

  /// The servers of which anything is here.
  std::vector<ServerId> servers();

  /// Set once a write failed because the disk is read-only or full, a read because the disk reports errors, or a floor was
  /// found damaged: the note for the plan.
  std::optional<std::string> trouble() const;

 private:
  std::string cache_of(const ServerId& id) const;
  std::string evidence_mark(const ServerId& id) const;
  void add_evidence(const ServerId& id, const std::vector<std::string>& heads);
  std::string trust_of(const ServerId& id) const;
  /// `unreadable`: gets why, if something is there that cannot be read.
  std::optional<std::string> read(const std::string& path, std::uint64_t at_most, std::string* unreadable = nullptr);
  /// Writes a file of the cache; not durable: what a power cut damages is fetched again.
  void keep(const std::string& folder, const std::string& name, std::string_view bytes);
  /// Runs a write unless one failed before; a failure becomes the trouble.
  void attempt(const std::function<void()>& work);
  void complain(const std::string& what);

  Files& files_;
  std::string folder_;
  mutable std::mutex mutex_;  ///< of the two below
  std::optional<std::string> trouble_;
  bool writes_failed_ = false;
  std::set<ServerId> contradicted_;  ///< that have evidence which could not be saved
};

/// Error{local} if "cache" or "trust" in the state's folder is a link: nothing is read or written through one.
void refuse_linked_memory(Files& files, const std::string& state_folder);

}  // namespace ingot::io
