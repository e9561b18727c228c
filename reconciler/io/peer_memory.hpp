// What is remembered of peers in files beside the state: the cache of their pages, the last heads, the floors of trust
// (which only rise), and what a plan found settled. On a read-only disk it goes on without, and says so once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconciler/io/files.hpp"
#include "schema/catalog.hpp"
#include "schema/digest.hpp"
#include "schema/floor.hpp"
#include "schema/note.hpp"

namespace ingot {

struct CachedHead {
  std::string bytes;          ///< the envelope as served
  std::string etag;
  std::string last_modified;
  Time fetched;
};

/// What a plan found settled for a peer.
struct SettledMark {
  Digest fingerprint;         ///< of index, rules, state revision
  std::optional<Time> until;
  std::vector<Note> notes;
};

/// Folders: <state folder>/cache/<id hex>/… and <state folder>/trust/<id hex>.json (+ .head, the raw envelope).
/// Damaged files count as not there.
class PeerMemory {
 public:
  PeerMemory(Files& files, std::string state_folder);

  std::optional<CachedHead> head(const ServerId& id);
  void keep_head(const ServerId& id, const CachedHead& head);
  std::optional<std::string> root(const ServerId& id, std::uint64_t version);   ///< the envelope
  void keep_root(const ServerId& id, std::uint64_t version, std::string_view envelope);
  /// A page or index, checked against its digest and length.
  std::optional<std::string> piece(const ServerId& id, const Piece& piece);
  void keep_piece(const ServerId& id, const Piece& piece, std::string_view bytes);
  /// Drops pieces that neither of the last two indexes names.
  void forget_pieces_but(const ServerId& id, const std::vector<Digest>& keep);

  std::optional<SettledMark> settled(const ServerId& id);
  void keep_settled(const ServerId& id, const SettledMark& mark);

  std::optional<Floor> floor(const ServerId& id);
  void raise_floor(const Floor& floor, std::string_view head_envelope);
  /// Saves two heads that contradict each other, for a human; gives the folder.
  std::string keep_evidence(const ServerId& id, std::string_view one, std::string_view other);
  bool has_evidence(const ServerId& id);

  /// Set once a write failed because the disk is read-only or full: the note for the plan.
  const std::optional<std::string>& trouble() const { return trouble_; }

 private:
  Files& files_;
  std::string folder_;
  std::optional<std::string> trouble_;
};

}  // namespace ingot
