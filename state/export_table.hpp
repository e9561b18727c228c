// Reads the tables of exports.
#pragma once

#include <vector>

#include "state/engine/database.hpp"
#include "state/snapshot.hpp"

namespace ingot::state {

struct LeftOut;

/// Sorted by name, folder. `left_out`: damaged rows are counted and left out; nullptr: they are an Error{local}.
std::vector<ExportRow> read_exports(Database& database, LeftOut* left_out = nullptr);
/// Sorted by name, folder, image; likewise.
std::vector<ExportedRow> read_exported(Database& database, LeftOut* left_out = nullptr);

}  // namespace ingot::state
