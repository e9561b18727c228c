// An image as queries show it, whether it is here or in a peer's catalog. Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "schema/catalog/catalog.hpp"
#include "state/snapshot.hpp"

namespace ingot::show {

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
  std::optional<state::Provenance> arrived;
  std::string how = {};               ///< its bytes came, in the words of the history; "": it does not say
  std::optional<bool> released = {};  ///< enough of the peer's release keys have signed it; nullopt: it has none, or it is here
};

/// The live images of a snapshot, sorted by name. `damaged`: those whose bytes were found not to be whole; of all others they
/// are there, as the state has it.
std::vector<ShownImage> images_here(const state::Snapshot& snapshot, const ServerId& self,
                                    const std::set<state::ImageKey>& damaged = {});

/// The images of a peer's catalog.
std::vector<ShownImage> images_of(const Catalog& catalog);

}  // namespace ingot::show
