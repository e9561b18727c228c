#include "reconciler/io/git/submodules.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fnmatch.h>

#include "reconciler/io/printable.hpp"

namespace ingot::io {

namespace {

constexpr std::string_view lfs_begin = "version https://git-lfs.github.com/spec/";

/// The first of a path's parts, which is taken from it.
std::string next_part(std::string& path) {
  const auto slash = path.find('/');
  std::string part = path.substr(0, slash);
  path.erase(0, slash == std::string::npos ? slash : slash + 1);
  return part;
}

/// Whether a pattern for files has matches to look for in `folder`: both relative to the same place.
bool leads_into(std::string pattern, std::string folder) {
  while (!folder.empty()) {
    const std::string part = next_part(pattern), name = next_part(folder);
    if (pattern.empty() || ::fnmatch(part.c_str(), name.c_str(), FNM_PERIOD | FNM_NOESCAPE) != 0) return false;
  }
  return true;
}

class Submodules {
 public:
  explicit Submodules(GitRepository repository) : repository_(std::move(repository)), paths_(repository_.submodules()) {}

  bool empty() const { return paths_.empty(); }

  /// The submodule that a path of the disk lies in; its last part need not be there.
  std::optional<std::string> holding(const std::string& path) const {
    const std::string in_tree = repository_.path_in(path);
    const auto found = std::find_if(paths_.begin(), paths_.end(),
                                    [&](const std::string& one) { return in_tree == one || in_tree.starts_with(one + "/"); });
    return found == paths_.end() ? std::nullopt : std::optional(*found);
  }

  /// The submodule that matches of the pattern would lie in.
  std::optional<std::string> passed_by(const std::string& folder, const std::string& pattern) const {
    const auto wild = pattern.find_first_of("*?[");
    const auto slash = wild == std::string::npos ? pattern.rfind('/') : pattern.rfind('/', wild);
    const std::string plain = slash == std::string::npos ? "" : pattern.substr(0, slash + 1);
    const std::string rest = pattern.substr(plain.size());
    // A name that is not there behind the plain folders, so that all of these are resolved.
    const std::string probe = folder + plain + "x";
    if (auto found = holding(probe)) return found;
    const std::string beside = repository_.path_in(probe);
    if (beside.empty()) return std::nullopt;  // outside
    const std::string in_tree = beside.substr(0, beside.size() - 1);
    const auto found = std::find_if(paths_.begin(), paths_.end(), [&](const std::string& one) {
      return one.starts_with(in_tree) && leads_into(rest, one.substr(in_tree.size()));
    });
    return found == paths_.end() ? std::nullopt : std::optional(*found);
  }

 private:
  GitRepository repository_;
  std::vector<std::string> paths_;
};

}  // namespace

std::string why_no_submodule(std::string_view name) {
  return fmt::format("\"{}\" is a submodule, another repository: keep what a manifest reads in one", printable(name));
}

std::variant<std::string, Unreadable> without_lfs(std::variant<std::string, Unreadable> read) {
  const auto* const text = std::get_if<std::string>(&read);
  if (text != nullptr && text->starts_with(lfs_begin))
    return Unreadable{"git has a pointer of Git LFS in its place: keep manifests and cards out of LFS (git lfs untrack)"};
  return read;
}

ManifestFiles without_submodules(const ManifestFiles& disk, const GitRepository& repository) {
  ManifestFiles files = disk;
  const auto submodules = std::make_shared<const Submodules>(repository);
  files.read = [inner = disk.read, submodules](const std::string& path) -> std::variant<std::string, Unreadable> {
    if (!submodules->empty()) {
      if (const auto name = submodules->holding(path)) return Unreadable{why_no_submodule(*name)};
    }
    return without_lfs(inner(path));
  };
  files.glob = [inner = disk.glob, submodules](const std::string& folder,
                                               const std::string& pattern) -> std::variant<std::vector<std::string>, Unreadable> {
    if (!submodules->empty()) {
      if (const auto name = submodules->passed_by(folder, pattern)) return Unreadable{why_no_submodule(*name)};
    }
    return inner(folder, pattern);
  };
  return files;
}

}  // namespace ingot::io
