#include "schema/manifest/own_places.hpp"

#include <algorithm>

#include "schema/text/glob.hpp"
#include "schema/text/text_rules.hpp"
#include "schema/text/url.hpp"

namespace ingot {

namespace {

/// Whether a glob leaves out the path, a folder above it, or whatever is below it.
bool is_left_out(std::string_view path, const std::vector<std::string>& globs) {
  std::vector<std::string> names{std::string(path) + "/\x01"};  // a name that only a wildcard matches
  for (std::size_t end = path.size(); end != std::string_view::npos && end > 0; end = path.rfind('/', end - 1))
    names.emplace_back(path.substr(0, end));
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return path_glob_matches(glob, name); });
  });
}

}  // namespace

std::optional<std::string_view> path_inside(std::string_view path, std::string_view folder) {
  if (folder == path) return "";
  if (folder.empty()) return path.starts_with('/') || path.starts_with("..") ? std::nullopt : std::optional(path);
  if (folder == "/") return path.starts_with('/') ? std::optional(path.substr(1)) : std::nullopt;
  if (!path.starts_with(folder) || path[folder.size()] != '/') return std::nullopt;
  return path.substr(folder.size() + 1);
}

std::vector<OwnPlace> own_places(const ServerSection& server) {
  const bool in_database = is_database_url(server.state);
  return {{"keys", server.keys},
          {in_database ? "cache" : "state", in_database ? server.cache : server.state},
          {"store", server.store}};
}

std::string whole_path(std::string_view path, std::string_view from) {
  return path.starts_with('/') || from.empty() ? plain_path(path) : plain_path(std::string(from) + "/" + std::string(path));
}

std::optional<OwnPlace> own_place_of(const LocalImage& image, const ServerSection& server, std::string_view from) {
  if (!image.source) return std::nullopt;
  const std::string source = whole_path(*image.source, from);
  for (const OwnPlace& place : own_places(server)) {
    const std::string path = whole_path(place.path, from);
    if (path_inside(source, path)) return place;
    const auto within = path_inside(path, source);
    if (within && !is_left_out(*within, image.exclude)) return place;
  }
  return std::nullopt;
}

}  // namespace ingot
