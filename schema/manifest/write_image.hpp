// An [[image]] as text: what "ingot add" writes.
#pragma once

#include <string>

#include "schema/manifest/manifest.hpp"

namespace ingot {

/// The text of a manifest file with this image alone: its keys that are not the default, `source` as it stands. Reading it gives
/// the same image.
std::string write_image(const LocalImage& image);

}  // namespace ingot
