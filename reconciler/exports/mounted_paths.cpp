#include "reconciler/exports/mounted_paths.hpp"

#include <set>

namespace ingot::exports {

using transfer::Mount;

bool is_within(const std::string& path, const std::string& folder) {
  return folder == "/" || (path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/'));
}

MountedPaths::MountedPaths(const std::string& mountinfo) : mounts_(transfer::parse_mounts(mountinfo)) {
  std::set<int> ids;
  for (const Mount& mount : mounts_) ids.insert(mount.id);
  for (std::size_t i = 0; i < mounts_.size() && !top_; ++i) {
    const Mount& mount = mounts_[i];
    if (mount.point == "/" && (mount.parent == mount.id || !ids.contains(mount.parent))) top_ = i;
  }
}

/// As the kernel walks: what is mounted nearer to the root comes first, and hides what was mounted below it before.
const Mount* MountedPaths::next_on_the_way(const Mount& from, const std::string& path) const {
  const Mount* next = nullptr;
  for (const Mount& mount : mounts_) {
    if (mount.parent != from.id || mount.id == from.id || !is_within(path, mount.point)) continue;
    if (next == nullptr || mount.point.size() < next->point.size()) next = &mount;
  }
  return next;
}

const Mount* MountedPaths::mount_of(const std::string& path) const {
  if (!top_) return nullptr;
  const Mount* mount = &mounts_[*top_];
  std::size_t steps = 0;  // ids that stand on each other in a circle are no mounts
  for (const Mount* next = mount; next != nullptr && steps <= mounts_.size(); next = next_on_the_way(*mount, path), ++steps)
    mount = next;
  return mount;
}

std::optional<PlaceOnDevice> MountedPaths::locate(const std::string& path) const {
  const Mount* mount = mount_of(path);
  if (mount == nullptr) return std::nullopt;
  const std::string below = mount->point == "/" ? path : path.substr(mount->point.size());
  std::string inside = mount->root == "/" ? below : mount->root + (below == "/" ? "" : below);
  return PlaceOnDevice{.device = mount->device, .path = inside.empty() ? "/" : std::move(inside)};
}

std::string MountedPaths::mount_point(const std::string& path) const {
  const Mount* mount = mount_of(path);
  return mount == nullptr ? "" : mount->point;
}

std::string mount_point_of(const std::string& path) {
  return MountedPaths(transfer::text_of_proc("/proc/self/mountinfo")).mount_point(path);
}

}  // namespace ingot::exports
