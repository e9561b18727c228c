// The peer's signed head: always fetched whole, verified against its root, held against the floor of trust.
#pragma once

#include <string>
#include <vector>

#include "reconciler/observe/visit.hpp"

namespace ingot::observe {

/// A head that may be followed and is in its time.
struct GoodHead {
  Head head;
  plan::SeenHead seen;
  std::optional<Role> release;  ///< the root's release keys
  io::CachedHead served;
  std::vector<plan::PeerRemark> remarks = {};
};

/// It is small, so it is always fetched whole: no validator of a web server can hide a new one. Raises the floor as soon as a
/// head may follow: also one whose pieces are not there yet is never undercut again. A valid head of the same epoch that is
/// older than the floor gives a failure with the detail code "stale" (R19).
Tried<GoodHead> read_head(const Visit& visit);

/// The envelope of the head that the floor stands for; "" if it is not here any more.
std::string head_of_floor(io::PeerMemory& memory, const Floor& floor);

/// The head that was seen last, judged again as if it were served now: what counts while a mirror serves an older one.
/// Unreachable if it is not in the cache any more.
Tried<GoodHead> head_seen_last(const Visit& visit);

/// The head that was kept when its whole catalog had been verified; nullopt if there is none or it is damaged.
struct KeptHead {
  Head head;
  plan::SeenHead seen;
  io::CachedHead file;
};
std::optional<KeptHead> kept_head(io::PeerMemory& memory, const ServerId& id);

}  // namespace ingot::observe
