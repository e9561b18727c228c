// Paths as a file system knows them: the same for every mount namespace and every mount that leads there.
#pragma once

#include <optional>
#include <string>
#include <vector>

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

 private:
  struct Mount {
    int id = 0;
    int parent = 0;
    std::string device;
    std::string root;   ///< in its file system
    std::string point;  ///< where it is mounted
  };
  const Mount* top() const;
  const Mount* next_on_the_way(const Mount& from, const std::string& path) const;

  std::vector<Mount> mounts_;
};

/// Whether a path is `folder`, or lies in it.
bool is_within(const std::string& path, const std::string& folder);

}  // namespace ingot::exports
