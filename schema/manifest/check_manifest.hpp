// What the entries of a manifest must be together: names, references, lineage (R2, R5, R6, R1's two peers with one root).
#pragma once

#include "schema/manifest/manifest_draft.hpp"

namespace ingot {

/// Adds a problem for everything that two entries do to each other. What depends on the state or on peers (parents and
/// members of series that may be copies, R17) is the planner's question.
void check_manifest(ManifestDraft& draft);

}  // namespace ingot
