// A second machine of a server: the same state and store, a folder and a cache of its own.
#pragma once

#include <string>
#include <vector>

#include "tests/scenarios/site.hpp"

namespace ingot::scenarios {

/// Its folder, below `folder`, with the manifest that the site has now. Its state must be in a database.
inline std::string second_machine(const Site& site, const std::string& folder) {
  const std::string path = folder + "/second";
  std::string text = testing_support::read_text(site.path() + "/ingot.toml");
  text.insert(text.find("[server]\n") + 9, "store = \"" + site.path() + "/store\"\nkeys = \"" + site.path() + "/keys\"\n");
  testing_support::write_text(path + "/ingot.toml", text);
  return path;
}

inline Ran ingot_in(const std::string& path, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), INGOT_BINARY);
  return testing_support::run({.arguments = std::move(arguments), .folder = path, .environment = {}});
}

}  // namespace ingot::scenarios
