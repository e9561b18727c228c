// The images of one catalog, looked up.
#pragma once

#include <map>
#include <unordered_map>
#include <utility>

#include "schema/catalog/catalog.hpp"

namespace ingot::fleet {

class HeldImages {
 public:
  HeldImages() = default;
  /// Borrows the catalog.
  explicit HeldImages(const Catalog& catalog) {
    for (const ImageEntry& image : catalog.images) {
      by_identity_.emplace(image.identity, &image);
      by_bits_.emplace(std::pair(image.name, image.digest), &image);
      by_bits_.emplace(std::pair(image.identity.name, image.digest), &image);  // a copy may have another name here
    }
  }

  /// nullptr: the catalog does not have it.
  const ImageEntry* find(const ImageIdentity& image) const {
    const auto found = by_identity_.find(image);
    return found == by_identity_.end() ? nullptr : found->second;
  }
  /// Also one with the same name and bytes that somebody else made: nothing is copied where it is (R14). So it is with copies of
  /// an image that another server has taken over.
  const ImageEntry* find(const ImageIdentity& image, const Digest& digest) const {
    if (const ImageEntry* const same = find(image)) return same;
    const auto found = by_bits_.find({image.name, digest});
    return found == by_bits_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<ImageIdentity, const ImageEntry*> by_identity_;
  std::map<std::pair<ImageName, Digest>, const ImageEntry*> by_bits_;
};

}  // namespace ingot::fleet
