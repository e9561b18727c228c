// The peer's signed head: asked for with a condition, verified against its root, held against the floor of trust.
#pragma once

#include <string>

#include "reconciler/observe/visit.hpp"

namespace ingot {

/// A head that may be followed and is in its time.
struct GoodHead {
  Head head;
  SeenHead seen;
  std::optional<Role> release;  ///< the root's release keys
  CachedHead served;            ///< its bytes and the validators that came with them
  bool cached = false;          ///< the server says that the cached one is still the newest
};

enum class AskFor { news, whole };  ///< with the cached head's validators, or plainly

/// Raises the floor as soon as a head may follow: also one whose pieces are not there yet is never undercut again.
Tried<GoodHead> read_head(const Visit& visit, AskFor what = AskFor::news);

/// The head that was kept when its whole catalog had been verified; nullopt if there is none or it is damaged.
struct KeptHead {
  Head head;
  SeenHead seen;
  CachedHead file;
};
std::optional<KeptHead> kept_head(PeerMemory& memory, const ServerId& id);

}  // namespace ingot
