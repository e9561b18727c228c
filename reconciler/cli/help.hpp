// What --help prints: examples first, then what the command does and takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ingot {

/// Names of all commands, in the order of the help.
const std::vector<std::string>& command_names();
/// The page of one command; "" gives the overview.
std::string help_page(std::string_view command);
/// "ingot 0.1.0"
std::string version_text();

}  // namespace ingot
