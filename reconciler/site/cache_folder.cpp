#include "reconciler/site/cache_folder.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "schema/error.hpp"

namespace ingot::site {

std::string cache_folder(std::string_view what) {
  const auto variable = [](const char* name) -> std::string {
    const char* const value = std::getenv(name);
    return value != nullptr && *value == '/' ? value : "";
  };
  const std::string cache = variable("XDG_CACHE_HOME"), home = variable("HOME");
  if (!cache.empty()) return fmt::format("{}/ingot/{}", cache, what);
  if (!home.empty()) return fmt::format("{}/.cache/ingot/{}", home, what);
  throw Error(Fault::usage, "there is no place for the cache: neither XDG_CACHE_HOME nor HOME is set",
              "set XDG_CACHE_HOME to a folder of this user");
}

}  // namespace ingot::site
