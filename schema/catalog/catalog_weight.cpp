#include "schema/catalog/catalog_weight.hpp"

#include <algorithm>

namespace ingot {

namespace {

constexpr std::uint64_t image_weight = 1024;
constexpr std::uint64_t label_weight = 128;
constexpr std::uint64_t signature_weight = 256;
constexpr std::uint64_t small_weight = 256;      ///< members, series, types
constexpr std::uint64_t tombstone_weight = 512;  ///< of images
constexpr std::uint64_t shortest_image = 256;    ///< bytes of an image's line: two digests, and what must be said

}  // namespace

std::uint64_t weight_of(const ImageEntry& image) {
  std::uint64_t weight = image_weight + image.states.size() * sizeof(StateSince) + image.release.size() * signature_weight +
                         image.deltas.size() * sizeof(DeltaRef);
  weight += 2 * image.name.text().size() + image.version.size() + image.platform.size() + image.description.size() +
            image.reason.size();
  for (const auto& [key, value] : image.labels) weight += label_weight + key.size() + value.size();
  return weight;
}

std::uint64_t weight_of(const ImageTombstone&) { return tombstone_weight; }

std::uint64_t weight_of(const SeriesEntry& series) { return small_weight * (1 + series.members.size()); }

std::uint64_t weight_of(const SeriesMember&) { return small_weight; }

std::uint64_t weight_of(const SeriesTombstone&) { return small_weight; }

std::uint64_t weight_of(const TypeEntry&) { return small_weight; }

std::uint64_t images_to_expect(const Index& index) {
  std::uint64_t images = 0;
  for (const auto& page : index.pages) {
    if (page.kind == PageKind::images) images += std::min(page.entries, page.piece.length / shortest_image);
  }
  return std::min(images, heaviest_catalog / image_weight);
}

}  // namespace ingot
