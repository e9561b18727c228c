// Publishing what the state says (R25): reserve a serial, pieces, head, and only then the state. Also renews the head.
#pragma once

#include <optional>
#include <set>

#include "reconciler/apply/publish/own_keys.hpp"
#include "reconciler/io/clock.hpp"
#include "reconciler/store/store.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/state.hpp"

namespace ingot::apply {

struct PublishedNow {
  Serial serial = 0;
  Time expires;
  std::uint64_t pages_written = 0;
  std::set<Digest> left_out;  ///< images' digests whose bytes are damaged or gone: published without them
  bool uploaded = true;       ///< false: an [[upload]] failed, which was told; the next apply does it
};

struct PublishOptions {
  Serial above = 0;         ///< the serial is higher than this; Error{refused} if peers would not follow so far
  std::string commit = {};  ///< for the head's note: what the manifest is from; "": nothing
};

/// Writes pages that changed, the index and a newly signed head with the next serial. The content may be unchanged (renewal).
/// An image whose bytes are not in the store with their lengths is listed without bytes, so that no head names them (R25).
/// Error{local}: nothing was published.
PublishedNow publish(state::State& state, store::Store& store, const CatalogKeys& catalog_keys, const ServerSection& server,
                     io::Clock& clock, const PublishOptions& options = {});

/// Whether the published head is to be renewed though it is whole (published.hpp): more than half of its life is over.
bool head_is_aging(const state::State& state, const ServerSection& server, Time now);

}  // namespace ingot::apply
