// One line of a page of images → an entry. What only the neighbours can tell (order) is the PageReader's.
#pragma once

#include <variant>

#include "schema/catalog/catalog.hpp"
#include "schema/text/strict_json.hpp"

namespace ingot {

/// Whose catalog is read, and the serial of the head that named it.
struct Publisher {
  ServerId id;
  Serial newest = 0;
};

/// Throws Refusal.
std::variant<ImageEntry, ImageTombstone> read_image_line(const std::vector<JsonNode>& nodes, const Publisher& publisher);

}  // namespace ingot
