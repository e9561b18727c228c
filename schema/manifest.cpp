#include "schema/manifest.hpp"

namespace ingot {

bool Manifest::declares_nothing() const {
  return peers.empty() && types.empty() && images.empty() && series.empty() && subscriptions.empty() && copies.empty();
}

}  // namespace ingot
