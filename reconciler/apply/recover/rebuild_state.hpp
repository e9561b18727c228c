// A lost, damaged or old state is made anew of what the store and the signed heads say: the catalog that was published
// last, the papers beside the images, the bytes themselves, and the floors of trust beside the state. Nothing is removed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/io/clock.hpp"
#include "reconciler/io/disk/files.hpp"
#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/store/store.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/restoration.hpp"
#include "state/state.hpp"

namespace ingot::apply {

/// An image that was adopted though its bytes are not whole.
struct LostBytes {
  ImageName image;
  std::string path;  ///< in the store
  std::string why;
};

struct RebuiltState {
  Serial serial = 0;  ///< the highest that anyone may have seen; the next head bears a higher one
  std::uint64_t own = 0;
  std::uint64_t copies = 0;
  std::uint64_t tombstones = 0;
  std::uint64_t series = 0;
  std::uint64_t floors = 0;
  std::uint64_t bytes = 0;                 ///< of the live images, each digest once
  std::vector<ImageName> by_papers_alone;  ///< images that no catalog shows: private, not published yet, or deleted before
  std::vector<ImageName> not_adopted;      ///< likewise, but another image bears the name
  std::vector<ImageName> doubtful;         ///< of a published head that this server did not make (WholeCatalog::doubtful)
  bool disowned = false;                   ///< true: those are not adopted, for their keys are revoked; false: they are
  std::vector<LostBytes> lost;             ///< filled by whoever re-hashes
  bool kept_peers = false;                 ///< registrations and subscriptions came from the older state
  std::uint64_t left_out = 0;              ///< rows of the older state that cannot be read
  std::string set_aside;                   ///< where the old state file is now; "": there was none
};

/// What a new state is made of; `told` says what came of it. `old`: an older state, or one with damaged rows, for its peers and
/// subscriptions. Reads bytes of images only to find those that nothing tells of any more. Error{local}: the root, or every
/// catalog that was published, is lost: then only a backup of the store helps.
state::Restoration gather_restoration(const Manifest& manifest, const store::Store& store, io::Files& files,
                                      io::PeerMemory& memory, const std::optional<state::State>& old, Time now,
                                      RebuiltState& told);

}  // namespace ingot::apply
