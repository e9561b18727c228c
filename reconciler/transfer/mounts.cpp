#include "reconciler/transfer/mounts.hpp"

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>

namespace ingot::transfer {

std::string unescaped_mount(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>(std::strtoul(text.substr(i + 1, 3).c_str(), nullptr, 8));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool is_mount_point(int folder, const std::string& name) {
  struct statx found {};
  const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name.empty() ? AT_EMPTY_PATH : 0);
  return statx(folder, name.c_str(), flags, 0, &found) == 0 && (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

std::set<std::string> mounts_below(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> whole(realpath(path.c_str(), nullptr), &std::free);
  if (!whole) return {};
  const std::string above = std::string(whole.get()) == "/" ? "/" : whole.get() + std::string("/");
  std::set<std::string> below;
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string skipped;
    std::string point;
    fields >> skipped >> skipped >> skipped >> skipped >> point;
    point = unescaped_mount(point);
    if (point.size() > above.size() && point.starts_with(above)) below.insert("./" + point.substr(above.size()));
  }
  return below;
}

}  // namespace ingot::transfer
