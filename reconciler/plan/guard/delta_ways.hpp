// How an image may come by deltas from what is here: the cheapest way that one catalog offers.
#pragma once

#include <optional>
#include <unordered_map>

#include "reconciler/plan/plan.hpp"
#include "reconciler/plan/situation.hpp"

namespace ingot::plan {

class DeltaWays {
 public:
  explicit DeltaWays(const Situation& situation) : situation_(situation) {}

  /// By Method::delta; nullopt: no delta of this catalog leads from an image here to `entry`. The catalog outlives it. Of a disk
  /// (`offline`) and of a retired peer nothing is offered.
  std::optional<Transfer> cheapest(const ServerName& peer, const ImageEntry& entry);

 private:
  using ByDigest = std::unordered_map<Digest, const ImageEntry*>;
  const std::unordered_map<Digest, const state::ImageRow*>& here();
  const ByDigest& entries_of(const Catalog& catalog);

  const Situation& situation_;
  std::optional<std::unordered_map<Digest, const state::ImageRow*>> here_;
  std::unordered_map<const Catalog*, ByDigest> entries_;  ///< those with deltas
};

}  // namespace ingot::plan
