// The guard of a host: a small TOML file with nothing but [guard].
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "schema/manifest/guard.hpp"
#include "schema/manifest/problem.hpp"

namespace ingot {

/// In bytes.
inline constexpr std::size_t largest_guard = 64 * 1024;

/// Reads the text of the file `path`, which problems and places name. All of a manifest's [guard] may stand in it, and `signers`:
/// the file of allowed signers, relative to this one's folder; and `variables`, `export_to` and `export_run`, see Guard.
std::variant<Guard, Problems> parse_guard(std::string_view text, const std::string& path);

}  // namespace ingot
