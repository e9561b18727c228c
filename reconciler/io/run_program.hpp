// Running a program that the operator named: without a shell, with a text on its standard input, for a bounded time.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "reconciler/io/clock.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::io {

/// "", or why it did not end well, as a clause: "ended with status 3", "was killed after 30s". Its output goes to our standard
/// error, since standard output is for results. When its time is over it and its children are killed. A program that does not
/// read its input is fine. It has this process's environment but the variables `withheld`, and those of `added`. Throws
/// Error{interrupted or terminated} after killing it.
std::string run_program(const std::vector<std::string>& command, const std::string& input, Seconds timeout,
                        const std::set<std::string>& withheld, Clock& clock,
                        const std::map<std::string, std::string>& added = {});

}  // namespace ingot::io
