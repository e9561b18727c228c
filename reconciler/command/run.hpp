// The command line as a whole: arguments → command → exit code.
#pragma once

#include <string>
#include <vector>

#include "reconciler/io/terminal.hpp"

namespace ingot::command {

/// Runs one command (`words`: argv without the program's name) and gives the exit code (schema/rules.md). The one place
/// that catches everything: what went wrong is shown on standard error.
int run(const std::vector<std::string>& words, io::Terminal& terminal) noexcept;

}  // namespace ingot::command
