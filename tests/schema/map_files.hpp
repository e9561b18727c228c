// Manifest files out of a map or a folder, for tests.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/io/hash.hpp"
#include "schema/manifest/parse_manifest.hpp"
#include "schema/text/glob.hpp"

namespace ingot::test {

using FileMap = std::map<std::string, std::string>;

inline ManifestFiles map_files(FileMap files) {
  ManifestFiles result;
  result.read = [files](const std::string& path) -> std::variant<std::string, Unreadable> {
    const auto found = files.find(path);
    if (found == files.end()) return Unreadable{"No such file or directory"};
    return found->second;
  };
  result.glob = [files](const std::string& folder, const std::string& pattern) {
    std::vector<std::string> paths;
    for (const auto& [path, text] : files) {
      if (path.starts_with(folder) && path_glob_matches(pattern, path.substr(folder.size()))) paths.push_back(path);
    }
    return paths;
  };
  result.digest = [](std::string_view bytes) { return io::sha256(bytes); };
  return result;
}

inline std::string text_of_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// All files below a folder, by their paths relative to it.
inline FileMap files_below(const std::filesystem::path& folder) {
  FileMap files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = text_of_file(entry.path());
  }
  return files;
}

/// One problem a line.
inline std::string lines_of(const Problems& problems) {
  std::string text;
  for (const Problem& problem : problems) text += problem.line_text() + "\n";
  return text;
}

/// The problems of `text` as the only file, "m.toml"; "" if it is a manifest.
inline std::string problems_of(const std::string& text, FileMap others = {}) {
  others["m.toml"] = text;
  const auto parsed = parse_manifest("m.toml", map_files(std::move(others)));
  return std::holds_alternative<Problems>(parsed) ? lines_of(std::get<Problems>(parsed)) : "";
}

}  // namespace ingot::test
