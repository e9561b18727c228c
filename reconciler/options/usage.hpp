// Errors of the command line: what is wrong, and the nearest word or where to read on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ingot::options {

/// Throws Error{usage}.
[[noreturn]] void wrong(const std::string& text, const std::string& mend);
/// "see: ingot COMMAND --help"; `command` may be "".
std::string see(const std::string& command);
/// The nearest of the `known` words as a question; `otherwise` if none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known, const std::string& otherwise);

}  // namespace ingot::options
