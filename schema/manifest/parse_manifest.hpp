// Text → Manifest, or every Problem of it. TOML itself is toml_reader.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/manifest/manifest.hpp"
#include "schema/manifest/problem.hpp"

namespace ingot {

/// Bounds of one manifest; past them it is refused with a problem that names the bound.
inline constexpr std::size_t largest_manifest = 16 * 1024 * 1024;         ///< bytes of one file
inline constexpr std::size_t largest_manifest_in_all = 64 * 1024 * 1024;  ///< with its includes and cards
inline constexpr std::size_t most_included_files = 10'000;

/// Why a file cannot be read: "No such file or directory".
struct Unreadable {
  std::string why;
};

/// How the parser reaches files; the command line gives it the disk or a commit of a git repository, tests a map.
struct ManifestFiles {
  std::function<std::variant<std::string, Unreadable>(const std::string& path)> read;
  /// The paths in `folder` ("" or ending with "/", no pattern) that a glob such as "images/*.toml" matches, sorted by bytes.
  /// Unreadable: a place where matches may lie cannot be looked into, so that "none" would be a guess.
  std::function<std::variant<std::vector<std::string>, Unreadable>(const std::string& folder, const std::string& pattern)> glob;
  /// sha256 of bytes (schema knows no hash library).
  std::function<Digest(std::string_view bytes)> digest;
  /// What relative paths of the root file are relative to, but for includes and cards: "" or ending with "/". nullopt: to its
  /// folder, as those are.
  std::optional<std::string> home{};
  /// Variables with secrets that entries may name though they bear another's name: the host allows them.
  std::vector<std::string> variables{};
  /// What relative paths start at, absolute: so that "k/keys" is seen to lie in "/srv/k". "": not known.
  std::string working_folder{};
};

/// How much of a manifest a command needs.
enum class ManifestPart {
  whole,
  server,  ///< [server] alone: what is wrong elsewhere is neither read nor told
};

/// Reads the manifest at `path`, its includes and cards. Syntax, keys, types, values, references between entries
/// (R2, R5, R6, R15's shape, R17, duplicates with both places): all problems, sorted by place.
std::variant<Manifest, Problems> parse_manifest(const std::string& path, const ManifestFiles& files,
                                                ManifestPart part = ManifestPart::whole);

}  // namespace ingot
