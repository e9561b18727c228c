// Looks at the world: peers' heads and catalogs, own sources, the disk. Failures become values; nothing is decided.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reconciler/io/clock.hpp"
#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/io/net/transport.hpp"
#include "reconciler/observe/pages_about.hpp"
#include "reconciler/plan/observed.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/snapshot.hpp"

namespace ingot::observe {

/// What is known of a peer before it is asked.
struct KnownPeer {
  std::optional<Floor> floor;             ///< the higher of the state's and the files'
  std::optional<ServerId> registered_id;  ///< under this peer's name, if it is registered
  Digest rules;                           ///< of rules_text, shared_rules_text, state lineage and revision: settled if unchanged
};

struct PeerQuestions {
  const Manifest* manifest = nullptr;
  ServerId self;
  std::vector<KnownPeer> known;  ///< one per manifest.peers
  Time now;
  bool read_settled = false;                      ///< true: read the pages even if the peer is settled (query --peer)
  std::optional<AboutImages> about_settled = {};  ///< of settled peers the pages of pages_about() are read too
  /// Of every peer only the pages of pages_about() are read, also of settled ones. Its head is not kept as the last good one.
  std::optional<AboutImages> only_about = {};
  std::set<ServerName> only;                                        ///< empty: all
  bool read_stated = false;                                         ///< true: also what they say of their states
  std::optional<std::chrono::steady_clock::time_point> until = {};  ///< when asking ends, by the clock's steady()
};

/// Asks every peer, in parallel; one bad peer never stops the others. Raises floors in `memory`, keeps pages there.
std::vector<plan::PeerView> observe_peers(const PeerQuestions& questions, io::Transport& transport, io::PeerMemory& memory,
                                          io::Clock& clock,
                                          const std::function<void(const ServerName&, const std::string& what)>& progress);

/// The fingerprint that a Settled mark holds: of the head's index and what KnownPeer says.
Digest settled_fingerprint(const plan::SeenHead& head, const KnownPeer& known);

enum class SourceLook { top, whole };

/// Looks at the manifest's sources (names, sizes, mtimes). Of images that are here and not `damaged`, `look` = top looks at
/// 10,000 members in all; of larger sources at the top alone, and at the whole if that changed. `rows`: of the images with the
/// manifest's names. A source that is as it was when an image was added has that one's stamp, to the letter.
std::map<ImageName, plan::SourceView> observe_sources(const Manifest& manifest, const std::vector<state::ImageRow>& rows,
                                                      const std::vector<plan::DamagedImage>& damaged, SourceLook look);

}  // namespace ingot::observe
