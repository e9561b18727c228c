#include "reconciler/io/git/owner.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/io/git/handles.hpp"

namespace ingot::io {

namespace {

/// Ours, or as root by sudo that of the user who called it.
bool is_ours(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return false;
  if (found.st_uid == ::geteuid()) return true;
  const char* const caller = std::getenv("SUDO_UID");
  return ::geteuid() == 0 && caller != nullptr && std::to_string(found.st_uid) == caller;
}

struct SafeEntry {
  git_config_level_t level;
  std::string value;  ///< "": what was named before counts no more
};

/// All values of safe.directory, the machine's before the user's.
std::vector<SafeEntry> safe_directories() {
  std::vector<SafeEntry> entries;
  int code = 0;
  const auto config = git_made<GitConfig>(code, [](git_config** made) { return git_config_open_default(made); });
  if (!config) return entries;
  const auto keep = [](const git_config_entry* entry, void* into) {
    try {
      static_cast<std::vector<SafeEntry>*>(into)->push_back({entry->level, entry->value != nullptr ? entry->value : ""});
      return 0;
    } catch (...) { return -1; }
  };
  git_config_get_multivar_foreach(config.get(), "safe.directory", nullptr, keep, &entries);
  std::stable_sort(entries.begin(), entries.end(),
                   [](const SafeEntry& one, const SafeEntry& other) { return one.level < other.level; });
  return entries;
}

bool names(const std::string& value, const std::string& folder) {
  if (value == "*" || without_slash(value) == folder) return true;
  if (value.ends_with("/*")) return folder.starts_with(value.substr(0, value.size() - 1));
  const char* const home = std::getenv("HOME");
  return value.starts_with("~/") && home != nullptr && without_slash(home + value.substr(1)) == folder;
}

}  // namespace

std::string foreign_folder(git_repository* repository) {
  const char* const work = git_repository_workdir(repository);
  const std::string git = without_slash(git_repository_path(repository));
  std::vector<std::string> paths{git};
  if (work != nullptr) {
    paths.push_back(without_slash(work));
    const std::string link = std::string(work) + ".git";
    if (::access(link.c_str(), F_OK) == 0) paths.push_back(link);
  }
  if (std::all_of(paths.begin(), paths.end(), is_ours)) return "";
  const std::string folder = work != nullptr ? without_slash(work) : git;
  bool safe = false;
  for (const auto& entry : safe_directories()) safe = !entry.value.empty() && (safe || names(entry.value, folder));
  git_error_clear();
  return safe ? "" : folder;
}

}  // namespace ingot::io
