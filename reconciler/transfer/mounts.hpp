// Where other file systems are mounted.
#pragma once

#include <set>
#include <string>

namespace ingot::transfer {

/// Whether something is mounted on `name` in the open folder, or on the folder itself if `name` is "". False where the kernel
/// cannot tell (before Linux 5.8).
bool is_mount_point(int folder, const std::string& name);

/// What is mounted below the folder `path`, relative to it: "./data", "./etc/hosts". Empty where /proc is not there.
std::set<std::string> mounts_below(const std::string& path);

/// A path of mountinfo: proc(5) writes blanks, line feeds and backslashes as three octal digits.
std::string unescaped_mount(const std::string& text);

}  // namespace ingot::transfer
