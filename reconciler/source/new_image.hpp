// A manifest with one more file: the image that "ingot add" is to write.
#pragma once

#include <string>

#include "schema/manifest/manifest.hpp"
#include "schema/manifest/parse_manifest.hpp"
#include "schema/manifest/problem.hpp"

namespace ingot::source {

/// A file that is to be written.
struct NewFile {
  std::string path;  ///< beside the manifest: its folder, then "images/NAME.toml"
  std::string text;
};

/// `source` as a file in the folder `folder` names it: a relative path, and also an absolute one below `home`, relative to that
/// folder; any other absolute path as it is. Links in the folders above are followed first. Error{usage}: it is not there, or no
/// file or folder.
std::string source_seen_from(const std::string& source, const std::string& folder, const std::string& home);

/// The file of the image, and what is wrong with the manifest once it is there: a name that exists, a series that does not, keys
/// that the parser refuses, or an `include` that does not take it in. Writes nothing.
Problems problems_with(const NewFile& file, const ImageName& name, const std::string& manifest, ManifestFiles files);

}  // namespace ingot::source
