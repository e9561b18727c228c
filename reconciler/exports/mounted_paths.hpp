// Paths as a file system knows them: the same for every mount namespace and every mount that leads there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconciler/transfer/mounts.hpp"

namespace ingot::exports {

struct PlaceOnDevice {
  std::string device;  ///< "8:1"
  std::string path;    ///< in its file system
  bool operator==(const PlaceOnDevice&) const = default;
};

/// The mounts that a process sees (proc(5), mountinfo).
class MountedPaths {
 public:
  explicit MountedPaths(const std::string& mountinfo);
  /// nullopt: no mount that is listed leads to the absolute path.
  std::optional<PlaceOnDevice> locate(const std::string& path) const;
  /// Where the file system of the absolute path is mounted, whether the path is there or not; "": no mount is listed.
  std::string mount_point(const std::string& path) const;

 private:
  const transfer::Mount* mount_of(const std::string& path) const;
  const transfer::Mount* next_on_the_way(const transfer::Mount& from, const std::string& path) const;

  std::vector<transfer::Mount> mounts_;
  std::optional<std::size_t> top_;  ///< the one on which all others stand
};

/// The same, of this process's mounts. Error{local} if it cannot look.
std::string mount_point_of(const std::string& path);

/// Whether a path is `folder`, or lies in it.
bool is_within(const std::string& path, const std::string& folder);

}  // namespace ingot::exports
