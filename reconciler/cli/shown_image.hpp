// An image as queries show it, whether it is here or in a peer's catalog. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "schema/catalog.hpp"
#include "state/snapshot.hpp"

namespace ingot {

/// nullopt: this server cannot know it.
struct ShownImage {
  ImageName name;
  TypeName type = default_type();
  std::string version;
  ImageState state = ImageState::published;
  std::string reason;
  std::string platform;
  std::string parent;  ///< its name; "" = none
  Labels labels;
  std::string description;
  Digest digest;
  std::uint64_t size = 0;
  ImageKind kind = ImageKind::file;
  std::optional<Serial> created;  ///< on its origin; nullopt: not published yet
  std::optional<Serial> serial;   ///< of the listing catalog's first head that showed it
  ServerName origin;
  ServerId origin_id;
  std::optional<ServerName> copied_from;
  std::vector<SeriesName> series;
  std::optional<bool> is_private;
  std::optional<bool> managed;
  bool complete = false;  ///< its bytes are there
  std::optional<Papers> arrived;
};

/// The live images of a snapshot, sorted by name. `has_bytes`: whether the bytes of a digest are here.
std::vector<ShownImage> images_here(const Snapshot& snapshot, const ServerId& self, const std::function<bool(const Digest&)>& has_bytes);

/// The images of a peer's catalog.
std::vector<ShownImage> images_of(const Catalog& catalog);

}  // namespace ingot
