#include "reconciler/console/manifest_path.hpp"

#include <filesystem>

namespace ingot::console {

std::string manifest_path(const options::GlobalOptions& flags) {
  return flags.manifest ? manifest_at(*flags.manifest) : "ingot.toml";
}

std::string manifest_at(const std::string& path) {
  std::error_code ignored;  // what cannot be looked at is reported when it is read
  if (!std::filesystem::is_directory(path, ignored)) return path;
  return path.ends_with('/') ? path + "ingot.toml" : path + "/ingot.toml";
}

}  // namespace ingot::console
