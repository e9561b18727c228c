# Writes OUTPUT: a C++ file that holds the text of each of SCHEMAS (paths, separated by "|").
string(REPLACE "|" ";" files "${SCHEMAS}")
set(entries "")
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME)
  string(REPLACE ".schema.json" "" name "${name}")
  file(READ "${file}" text)
  string(APPEND entries "    {\"${name}\", R\"SCHEMA(${text})SCHEMA\"},\n")
endforeach()
list(LENGTH files count)
file(WRITE "${OUTPUT}" "// Made from schema/json by embed_schemas.cmake.
#include <array>

#include \"reconciler/command/schemas.hpp\"

namespace ingot::command {

std::span<const EmbeddedSchema> embedded_schemas() {
  static constexpr std::array<EmbeddedSchema, ${count}> all{{
${entries}  }};
  return all;
}

}  // namespace ingot::command
")
