// What exports must not do to each other and to this server's own places.
#pragma once

#include "schema/manifest/manifest_draft.hpp"

namespace ingot {

/// Adds the problems of exports to the draft's.
void check_exports(ManifestDraft& draft);

}  // namespace ingot
