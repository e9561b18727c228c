#include "reconciler/source/new_image.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <fnmatch.h>

#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::source {

namespace {

namespace fs = std::filesystem;

/// The path with the links of the folders above it followed; the last part is kept, be it a link.
fs::path real_path_of(const std::string& source) {
  fs::path path(source);
  if (!path.has_filename()) path = path.parent_path();  // of a trailing slash
  std::error_code error;
  const fs::path folder = fs::canonical(path.has_parent_path() ? path.parent_path() : fs::path("."), error);
  return error ? fs::absolute(path) : folder / path.filename();
}

void require_source(const fs::path& path, const std::string& written) {
  std::error_code error;
  const auto kind = fs::symlink_status(path, error).type();
  if (kind == fs::file_type::regular || kind == fs::file_type::directory) return;
  const bool is_link = kind == fs::file_type::symlink;
  throw Error(Fault::usage,
              is_link ? fmt::format("SOURCE \"{}\" is a symbolic link", io::printable(written))
                      : fmt::format("SOURCE \"{}\" is not there, or is no file or folder", io::printable(written)),
              is_link ? "name what it leads to" : "build the image first, and name its file or folder")
      .about(written);
}

/// Also of a folder that is not there yet.
fs::path real_folder(const std::string& folder) { return fs::weakly_canonical(fs::absolute(folder.empty() ? "." : folder)); }

bool is_below(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

Problem not_included(const NewFile& file, const std::string& manifest) {
  return Problem{.file = manifest,
                 .line = 1,
                 .column = 1,
                 .code = "not-included",
                 .text = fmt::format("\"include\" does not take in \"{}\"", io::printable(file.path)),
                 .mend = "write include = [\"images/*.toml\"] before the first [section] of the manifest"};
}

/// The manifest's files with one more.
ManifestFiles with_file(const NewFile& file, const std::string& root_folder, ManifestFiles files) {
  files.read = [file, read = files.read](const std::string& path) -> std::variant<std::string, Unreadable> {
    if (plain_path(path) == plain_path(file.path)) return file.text;
    return read(path);
  };
  files.glob = [file, root_folder, glob = files.glob](const std::string& folder, const std::string& pattern) {
    auto found = glob(folder, pattern);
    auto* const paths = std::get_if<std::vector<std::string>>(&found);
    if (!paths) return found;
    const std::string seen = folder.empty() && pattern.starts_with('/') ? fs::absolute(file.path).lexically_normal().string()
                                                                        : file.path.substr(root_folder.size());
    if (fnmatch(pattern.c_str(), seen.c_str(), FNM_PATHNAME | FNM_PERIOD | FNM_NOESCAPE) != 0) return found;
    paths->push_back(folder.empty() ? seen : folder + seen);
    std::sort(paths->begin(), paths->end());
    return found;
  };
  return files;
}

}  // namespace

std::string source_seen_from(const std::string& source, const std::string& folder, const std::string& home) {
  const fs::path path = real_path_of(source);
  require_source(path, source);
  if (fs::path(source).is_absolute() && !is_below(path, real_folder(home)))
    return fs::path(source).lexically_normal().string();  // with its links: on the server they may lead elsewhere
  return path.lexically_relative(real_folder(folder)).string();
}

Problems problems_with(const NewFile& file, const ImageName& name, const std::string& manifest, ManifestFiles files) {
  const std::string root_folder = folder_of(manifest);
  auto parsed = parse_manifest(manifest, with_file(file, root_folder, std::move(files)));
  if (auto* const problems = std::get_if<Problems>(&parsed)) return std::move(*problems);
  const auto& images = std::get<Manifest>(parsed).images;
  const auto same = std::find_if(images.begin(), images.end(), [&](const LocalImage& one) { return one.name == name; });
  if (same == images.end()) return {not_included(file, manifest)};
  const std::string own = file.path.substr(root_folder.size());
  if (plain_path(same->at.file) == plain_path(own)) return {};
  return {Problem{.file = root_folder + same->at.file,
                  .line = same->at.line,
                  .column = 1,
                  .code = "duplicate",
                  .text = fmt::format("image \"{}\" is defined here already", name.text()),
                  .mend = "choose another --name"}};
}

}  // namespace ingot::source
