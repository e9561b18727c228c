// The command line as a whole: arguments → command → exit code.
#pragma once

#include <string>
#include <vector>

#include "reconciler/io/terminal.hpp"

namespace ingot {

/// Runs one command (`words`: argv without the program's name) and gives the exit code (contract, section 4). The one place
/// that catches everything: what went wrong is shown on standard error.
int run(const std::vector<std::string>& words, Terminal& terminal) noexcept;

}  // namespace ingot
