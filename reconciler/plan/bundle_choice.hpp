// Which images of a catalog a bundle is to carry. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/catalog/catalog.hpp"

namespace ingot::plan {

/// What was asked for. Without names and series: every image. `since` narrows either.
struct BundleWish {
  std::vector<std::string> images{};
  std::optional<std::string> series{};
  std::optional<std::uint64_t> latest{};  ///< with series: the newest N of it
  std::optional<Serial> since{};          ///< only what came into the catalog, the series or its state after this serial
};

struct BundleChoice {
  std::vector<const ImageEntry*> images{};  ///< of the catalog, in its order
  std::vector<std::string> unknown{};       ///< names of images or a series that the catalog does not have
};

/// Withdrawn images are chosen only by their names, and take no place in `latest`. Of one name that the catalog has twice, the
/// newest image is meant.
BundleChoice choose_for_bundle(const Catalog& catalog, const BundleWish& wish);

}  // namespace ingot::plan
