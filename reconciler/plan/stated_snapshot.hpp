// What a server publishes of itself → the snapshot that a plan of it takes elsewhere. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "reconciler/plan/observed.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/snapshot.hpp"

namespace ingot::plan {

struct StatedSnapshot {
  state::Snapshot snapshot;
  std::uint64_t assumed = 0;        ///< private images of the manifest that are taken to be there as it has them
  std::uint64_t assumed_types = 0;  ///< the same of types and series that the catalog shows no image of
  std::uint64_t assumed_series = 0;
};

/// `server` with what it says of its state. A server publishes nothing private, so the private images of the manifest are taken
/// to be there as it has them, and so are their places in series, and the types and series that no public image is in. A text:
/// what it says does not fit together.
std::variant<StatedSnapshot, std::string> stated_snapshot(const PeerCatalog& server, const Manifest& manifest);

/// Why the server must publish again, as far as that can be told elsewhere; "" if it need not.
std::string why_publish_again(const PeerCatalog& server, const ServerSection& section);

}  // namespace ingot::plan
