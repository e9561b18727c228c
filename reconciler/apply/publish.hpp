// Publishing what the state says (R25): reserve a serial, pieces, head, and only then the state. Also renews the head.
#pragma once

#include <optional>

#include "reconciler/io/clock.hpp"
#include "reconciler/store/store.hpp"
#include "reconciler/trust/keys.hpp"
#include "schema/manifest.hpp"
#include "state/state.hpp"

namespace ingot {

struct PublishedNow {
  Serial serial = 0;
  Time expires;
  std::uint64_t pages_written = 0;
};

/// Writes pages that changed, the index and a newly signed head with the next serial. The content may be unchanged (renewal).
PublishedNow publish(State& state, Store& store, const PrivateKey& catalog_key, const ServerSection& server, Clock& clock);

/// Whether the published head needs renewing: more than half of its life is over, or it is missing or not the state's last.
bool head_needs_renewal(const State& state, const Store& store, const ServerSection& server, Time now);

}  // namespace ingot
