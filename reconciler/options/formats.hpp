// In what each command can be shown, and what --format, --json and --output ask for.
#pragma once

#include <string>
#include <vector>

#include "reconciler/options/arguments.hpp"
#include "reconciler/options/written.hpp"

namespace ingot::options {

/// The format of the result. Error{usage}: the command does not know it, or --json contradicts it.
Format format_of(const Written& written, const std::string& command);
/// The files of --output. Error{usage} likewise.
std::vector<OutputFile> outputs_of(const Written& written, const std::string& command);

}  // namespace ingot::options
