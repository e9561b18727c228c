// The command line as a whole: arguments → command → exit code.
#pragma once

namespace ingot {

/// Runs one command; gives the exit code (contract, section 4). Throws Error.
int run(int argc, char** argv);

}  // namespace ingot
