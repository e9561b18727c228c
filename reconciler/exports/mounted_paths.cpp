#include "reconciler/exports/mounted_paths.hpp"

#include <algorithm>
#include <sstream>

#include "reconciler/transfer/mounts.hpp"

namespace ingot::exports {

bool is_within(const std::string& path, const std::string& folder) {
  return folder == "/" || (path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/'));
}

MountedPaths::MountedPaths(const std::string& mountinfo) {
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    Mount mount;
    if (!(fields >> mount.id >> mount.parent >> mount.device >> mount.root >> mount.point)) continue;
    mount.root = transfer::unescaped_mount(mount.root);
    mount.point = transfer::unescaped_mount(mount.point);
    mounts_.push_back(std::move(mount));
  }
}

/// The one on which all others stand.
const MountedPaths::Mount* MountedPaths::top() const {
  for (const Mount& mount : mounts_) {
    const bool stands_on_another = std::any_of(
        mounts_.begin(), mounts_.end(), [&](const Mount& other) { return other.id == mount.parent && other.id != mount.id; });
    if (mount.point == "/" && !stands_on_another) return &mount;
  }
  return nullptr;
}

/// As the kernel walks: what is mounted nearer to the root comes first, and hides what was mounted below it before.
const MountedPaths::Mount* MountedPaths::next_on_the_way(const Mount& from, const std::string& path) const {
  const Mount* next = nullptr;
  for (const Mount& mount : mounts_) {
    if (mount.parent != from.id || mount.id == from.id || !is_within(path, mount.point)) continue;
    if (next == nullptr || mount.point.size() < next->point.size()) next = &mount;
  }
  return next;
}

std::optional<PlaceOnDevice> MountedPaths::locate(const std::string& path) const {
  const Mount* mount = top();
  if (mount == nullptr) return std::nullopt;
  std::size_t steps = 0;  // ids that stand on each other in a circle are no mounts
  for (const Mount* next = mount; next != nullptr && steps <= mounts_.size(); next = next_on_the_way(*mount, path), ++steps)
    mount = next;
  const std::string below = mount->point == "/" ? path : path.substr(mount->point.size());
  std::string inside = mount->root == "/" ? below : mount->root + (below == "/" ? "" : below);
  return PlaceOnDevice{.device = mount->device, .path = inside.empty() ? "/" : std::move(inside)};
}

}  // namespace ingot::exports
