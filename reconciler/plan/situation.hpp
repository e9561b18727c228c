// The inputs of a plan, looked up: each peer of the manifest with what was seen and recorded of it, and the snapshot's
// images by key, name and identity. Borrows everything; decides nothing but whether a peer counts as unknown.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "reconciler/plan/observed.hpp"
#include "reconciler/plan/plan.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/snapshot.hpp"

namespace ingot::plan {

/// How much of a peer this run knows.
enum class Sight { read, settled, own, retired, unknown };

/// A peer of the manifest with all that is known of it.
struct PeerCase {
  const PeerEntry* entry = nullptr;
  Sight sight = Sight::unknown;
  const SeenHead* head = nullptr;                     ///< if read or settled
  std::shared_ptr<const Catalog> catalog = {};        ///< if read
  const Role* release = nullptr;                      ///< if read: PeerCatalog::release; null: there are no such keys
  const Settled* settled = nullptr;                   ///< if settled
  const std::vector<PeerRemark>* remarks = nullptr;   ///< if read or settled
  Unknown why = {};                                   ///< if unknown
  const state::Registration* registration = nullptr;  ///< of the same identity
  const state::Registration* changed_from =
      nullptr;  ///< of another identity under its name, and nothing says that it replaces it (R5)
  const state::Registration* replaced = nullptr;                  ///< of the identity that the entry says it replaces
  std::unordered_map<std::string, const CopyEntry*> copies = {};  ///< the manifest's [[copy]], by name on the peer

  const ServerName& name() const { return entry->name; }
  const ServerId& id() const { return entry->card.id; }
  const CopyEntry* copy_entry(const ImageName& on_peer) const;
  /// A disk that is not always there, and is not there now: that is no trouble.
  bool is_away() const { return sight == Sight::unknown && entry->offline && why.code == Code::unreachable; }
  /// What to do about an unknown one.
  std::string mend() const;
};

struct Situation {
  const Manifest& manifest;
  const state::Snapshot& snapshot;
  const Observed& observed;
  std::vector<PeerCase> peers = {};               ///< as in the manifest
  std::vector<const DamagedImage*> damaged = {};  ///< as observed
  std::unordered_map<std::string, std::size_t> peer_by_name = {};
  std::unordered_map<ServerId, std::size_t> peer_by_id = {};
  std::unordered_map<ServerId, const state::Registration*> registration_by_id = {};
  std::unordered_map<state::ImageKey, const state::ImageRow*> row_by_key = {};  ///< live and deleted
  std::unordered_map<std::string, const state::ImageRow*> live_by_name = {};    ///< by folded name
  std::unordered_map<std::string, const state::ImageRow*> taken_over =
      {};  ///< own images that were copies, by the address of their [[copy]]
  std::unordered_map<ImageIdentity, const state::ImageRow*> live_by_identity = {};
  std::unordered_map<std::string, std::vector<const state::ImageRow*>> deleted_by_name = {};
  std::unordered_map<std::string, const LocalImage*> local_by_name = {};  ///< the manifest's images, by folded name
  std::unordered_map<std::string, std::vector<const SeriesDeclaration*>> series_listing = {};  ///< by a member's name
  std::unordered_map<std::string, const state::TypeRow*> type_by_name = {};                    ///< by folded name

  const PeerCase* peer(const ServerName& name) const;
  const PeerCase* peer(const ServerId& id) const;
  /// The live image that bears exactly this name.
  const state::ImageRow* live(const ImageName& name) const;
  /// The live image whose name is this one, ignoring case.
  const state::ImageRow* bearer(const ImageName& name) const;
  const LocalImage* local(const ImageName& name) const;
};

/// Borrows from its arguments, which must outlive the result.
Situation survey(const Manifest& manifest, const state::Snapshot& snapshot, const Observed& observed);

}  // namespace ingot::plan
