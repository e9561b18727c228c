// The JSON Schemas that the program carries: schema/json/*.schema.json, embedded when it is built.
#pragma once

#include <span>
#include <string_view>

namespace ingot::command {

struct EmbeddedSchema {
  std::string_view name;  ///< "plan"
  std::string_view text;
};
/// Sorted by name.
std::span<const EmbeddedSchema> embedded_schemas();

}  // namespace ingot::command
