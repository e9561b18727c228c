// Which ingot this is: ingot --version.
#pragma once

#include <string>
#include <vector>

#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"

namespace ingot::command {

struct Library {
  std::string name;
  std::string version;
};

struct Version {
  std::string version;                ///< "0.1.0"
  std::string commit;                 ///< "0b9b86a1d2e3", with "-dirty" if files differed; "": not known
  std::vector<std::string> features;  ///< sorted
  std::vector<Library> libraries;     ///< sorted by name
};

/// Of this program, and of the libraries that it runs with.
Version this_version();

/// The first line is "ingot 0.1.0", with the commit in parentheses.
void show_version(const Version& version, const show::Style& style, show::Output& out);
void show_version_json(const Version& version, show::Output& out);

}  // namespace ingot::command
