#include "reconciler/transfer/mounts.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/transfer/descriptor.hpp"

namespace ingot::transfer {

namespace {

/// proc(5) writes blanks, line feeds and backslashes as three octal digits.
std::string unescaped(const std::string& text) {
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

}  // namespace

std::vector<Mount> parse_mounts(const std::string& mountinfo) {
  std::vector<Mount> mounts;
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    Mount mount;
    if (!(fields >> mount.id >> mount.parent >> mount.device >> mount.root >> mount.point)) continue;
    mount.root = unescaped(mount.root);
    mount.point = unescaped(mount.point);
    mounts.push_back(std::move(mount));
  }
  return mounts;
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
  for (const Mount& mount : parse_mounts(text_of_proc("/proc/self/mountinfo"))) {
    if (mount.point.size() > above.size() && mount.point.starts_with(above))
      below.insert("./" + mount.point.substr(above.size()));
  }
  return below;
}

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

std::string text_of_proc(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && is_shortage(errno)) fail_locally("read", path, errno);
  std::string text;
  std::array<char, 65536> piece{};
  for (ssize_t length = 1; file && length > 0;) {
    length = ::read(file.get(), piece.data(), piece.size());
    if (length < 0 && is_shortage(errno)) fail_locally("read", path, errno);
    if (length > 0) text.append(piece.data(), static_cast<std::size_t>(length));
  }
  return text;
}

}  // namespace ingot::transfer
