// Where other file systems are mounted, by proc(5).
#pragma once

#include <set>
#include <string>
#include <vector>

namespace ingot::transfer {

/// One line of mountinfo.
struct Mount {
  int id = 0;
  int parent = 0;
  std::string device;  ///< "8:1"
  std::string root;    ///< in its file system
  std::string point;   ///< where it is mounted
};

/// What mountinfo lists; a line that is none is left out.
std::vector<Mount> parse_mounts(const std::string& mountinfo);

/// Whether something is mounted on `name` in the open folder, or on the folder itself if `name` is "". False where the kernel
/// cannot tell (before Linux 5.8).
bool is_mount_point(int folder, const std::string& name);

/// What is mounted below the folder `path`, relative to it: "./data", "./etc/hosts". Empty where /proc is not there. Error{local}
/// if this process cannot look.
std::set<std::string> mounts_below(const std::string& path);

/// This process lacks something, so that it saw nothing: EMFILE, ENFILE, ENOMEM.
bool is_shortage(int error);

/// The text of a file of /proc; "" if it is not there, its process ended, or this user may not read it. Error{local} on a
/// shortage.
std::string text_of_proc(const std::string& path);

}  // namespace ingot::transfer
