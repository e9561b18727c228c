// What a new state is made of when the old one is lost: found in the store, in the published catalog and beside the state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/catalog/catalog.hpp"
#include "schema/catalog/floor.hpp"
#include "state/effect.hpp"
#include "state/snapshot.hpp"

namespace ingot::state {

/// An image, live or deleted. `row` as snapshots give it, but for its key; `row.created`: the first head of this server that
/// showed it. Lineage is by `row.parent_identity`.
struct RestoredImage {
  ImageRow row;
  Packed packed;
  std::vector<StateSince> states;  ///< as the catalog shows them; empty if it does not show the image
  std::optional<Serial> deleted;   ///< of a tombstone
};

struct RestoredSeries {
  SeriesName name;
  Serial created = 0;
  std::vector<SeriesMember> members;  ///< those that are no live images here are left out
  std::optional<Serial> deleted;      ///< of a tombstone
};

struct Restoration {
  std::string lineage;  ///< of the store
  ServerId self;
  ServerName name;
  Serial reserved = 0;           ///< the highest serial that anyone may have seen
  std::int64_t last_action = 0;  ///< the highest number that papers bear
  std::uint64_t revision = 0;    ///< above any of the old state, so that nothing remembered with one of those counts
  std::vector<TypeEntry> types = {};
  std::vector<RestoredImage> images = {};  ///< a name has one live image at most
  std::vector<RestoredSeries> series = {};
  std::vector<Registration> registrations = {};     ///< of an older state
  std::vector<SubscriptionRow> subscriptions = {};  ///< likewise; stopped ones too
  std::vector<ExportRow> exports = {};
  std::vector<ExportedRow> exported = {};
  std::vector<DeltaRow> deltas = {};  ///< as the catalog lists them
  std::vector<Floor> floors = {};     ///< several of one server: the highest holds
};

}  // namespace ingot::state
