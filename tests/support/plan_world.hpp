// Random worlds for the laws of planning: peers with catalogs that change as real ones do, and manifests that are valid.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "reconciler/plan/make_plan.hpp"

namespace ingot::testing_support {

/// Peers whose catalogs evolve, and manifests over them; everything follows from the seed.
class PlanWorld {
 public:
  explicit PlanWorld(std::uint32_t seed);

  /// A few things happen on the peers: images are made, promoted, withdrawn, relabelled, deleted; series change.
  void evolve();
  /// Writes another manifest.
  void write_manifest();

  const Manifest& manifest() const { return manifest_; }
  /// What is seen now; `unknown` peers (by name) are unreachable.
  plan::Observed observed(Time now, const std::vector<std::string>& unknown = {}) const;
  const std::map<std::string, Digest>& sources() const { return sources_; }
  std::uint32_t below(std::uint32_t bound);
  bool chance(std::uint32_t percent) { return below(100) < percent; }

 private:
  struct Peer {
    std::string name;
    Serial serial = 1;
    Catalog catalog;
  };
  void add_image(Peer& peer);
  void change_image(Peer& peer);
  void delete_image(Peer& peer);
  void change_series(Peer& peer);
  std::string image_word();
  std::string subscriptions();
  std::string images_and_series();
  std::string exports();

  std::mt19937 random_;
  std::vector<Peer> peers_;
  Manifest manifest_;
  std::map<std::string, Digest> sources_;
};

/// The folders of exports as the snapshot says that runs left them, and those of the manifest.
void see_exports(const Manifest& manifest, const state::Snapshot& snapshot, plan::Observed& observed);

/// The same values in another order: every list whose order means nothing.
void shuffle_snapshot(state::Snapshot& snapshot, std::mt19937& random);
void shuffle_catalogs(plan::Observed& observed, std::mt19937& random);

}  // namespace ingot::testing_support
