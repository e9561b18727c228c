// Images that name their series themselves: [[image]] series = ["db19"].
#pragma once

#include "schema/manifest/manifest.hpp"
#include "schema/manifest/manifest_draft.hpp"

namespace ingot {

/// Reports series that an image names and that are not there or follow a peer, and series without any member.
void check_series_members(ManifestDraft& draft);

/// Adds to each series the images that name it, behind those that it lists, by version, then by name. An image that
/// is listed keeps its listed place.
void add_series_members(Manifest& manifest);

}  // namespace ingot
