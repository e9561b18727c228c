// The images of a run by their names.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "reconciler/plan/plan.hpp"
#include "state/effect.hpp"
#include "state/snapshot.hpp"

namespace ingot::apply {

/// The live images here by name: of earlier runs, and of this one as it goes. Thread-safe.
class ImageNames {
 public:
  /// Knows the live ones of `rows`, and copies by the names that the plan is going to give them.
  ImageNames(const std::vector<state::ImageRow>& rows, const plan::Plan& plan);
  std::optional<state::ImageKey> find(const ImageName& name) const;
  /// The bytes of an image that this run brought.
  std::optional<Digest> came(const ImageName& name) const;
  /// Takes up what a finished action changed; `came` are the keys of its PutImages, in order.
  void follow(const state::Effects& effects, const std::vector<state::ImageKey>& came);

 private:
  mutable std::mutex mutex_;
  std::map<ImageName, state::ImageKey> keys_;
  std::map<ImageName, Digest> came_;
};

}  // namespace ingot::apply
