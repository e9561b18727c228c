// A source, and what of it is taken.
#pragma once

#include <string>
#include <vector>

#include "schema/manifest/own_places.hpp"

namespace ingot::transfer {

struct Source {
  std::string path;
  std::vector<std::string> exclude = {};  ///< path globs; they have no meaning for a file
  bool cross_mounts = false;              ///< whether what is mounted below it is taken, too
  std::vector<OwnPlace> own = {};         ///< must not be in it: also where links or mounts hide that
};

/// The source of an image of this server. The image has one.
Source source_of(const LocalImage& image, const ServerSection& server);

}  // namespace ingot::transfer
