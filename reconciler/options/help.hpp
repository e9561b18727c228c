// What --help prints: examples first, then what the command does and takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ingot::options {

/// Names of all commands, in the order of the help.
const std::vector<std::string>& command_names();
/// The page of one command; "" gives the overview.
std::string help_page(std::string_view command);

// The parts of a page.
std::string help_summary(std::string_view command);  ///< one line
std::string help_text(std::string_view command);     ///< what is of this command alone
std::string_view help_everywhere();                  ///< the options that all commands have
std::string_view help_environment();                 ///< the variables that are read, and what for
/// What the exit codes mean, for people.
std::string_view help_exit_codes();

}  // namespace ingot::options
