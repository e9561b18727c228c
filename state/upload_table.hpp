// Rows of uploads.
#pragma once

#include <vector>

#include "state/engine/database.hpp"
#include "state/snapshot.hpp"

namespace ingot::state {

/// All, sorted by place.
std::vector<UploadRow> read_uploads(Database& database);

}  // namespace ingot::state
