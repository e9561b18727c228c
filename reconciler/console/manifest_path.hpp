// Where -f says that the manifest is.
#pragma once

#include <string>

#include "reconciler/options/arguments.hpp"

namespace ingot::console {

/// The manifest's path as -f says: a file, or a folder's ingot.toml.
std::string manifest_path(const options::GlobalOptions& flags);
/// The same of a path that was named otherwise.
std::string manifest_at(const std::string& path);

}  // namespace ingot::console
