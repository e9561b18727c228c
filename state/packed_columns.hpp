// How a row says where packed bytes are: file_digest, file_length, segments, table_digest, table_length, in this order.
#pragma once

#include "schema/catalog/catalog.hpp"
#include "state/engine/database.hpp"

namespace ingot::state {

Packed read_packed(Statement& row);

}  // namespace ingot::state
