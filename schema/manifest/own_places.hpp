// What of this server must never be in an image: its keys, its state, its store. Pure: by the paths as the manifest says them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/manifest/manifest.hpp"

namespace ingot {

struct OwnPlace {
  std::string_view what;  ///< "keys", "state", "store"
  std::string path;
};

/// What `path` is inside `folder`, without a slash before it; nullopt: it lies elsewhere. "" if it is the folder itself. Both are
/// plain paths: that of the working folder is "".
std::optional<std::string_view> path_inside(std::string_view path, std::string_view folder);

std::vector<OwnPlace> own_places(const ServerSection& server);

/// The plain path, from the root of the disk if `from`, the working folder, is known.
std::string whole_path(std::string_view path, std::string_view from);

/// The place that the image's source holds, is, or lies in; nullopt: none, as far as paths tell (links and mounts may hide one).
/// What `exclude` leaves out of the source is not held.
std::optional<OwnPlace> own_place_of(const LocalImage& image, const ServerSection& server, std::string_view from);

}  // namespace ingot
