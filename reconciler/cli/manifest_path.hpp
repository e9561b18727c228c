// Where -f says that the manifest is.
#pragma once

#include <string>

#include "reconciler/cli/arguments.hpp"

namespace ingot {

/// The manifest's path as -f says: a file, or a folder's ingot.toml.
std::string manifest_path(const Everywhere& flags);
/// The same of a path that was named otherwise.
std::string manifest_at(const std::string& path);

}  // namespace ingot
