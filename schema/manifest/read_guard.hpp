// The keys of [guard] that a manifest and a host's guard have in common.
#pragma once

#include "schema/manifest/guard.hpp"
#include "schema/manifest/table_reader.hpp"

namespace ingot {

void read_guard(TableReader& table, Guard& guard);

}  // namespace ingot
