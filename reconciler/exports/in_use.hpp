// Which processes work in a folder, as far as /proc shows them to this user.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace ingot::exports {

/// Of each of these paths that a process uses: who and how, as a clause ("process 123 (oracle) has its working folder there"). A
/// process uses it with its working folder, root, program, a mapping or an open file at or below the path. One look at /proc
/// for all; this process itself does not count. Processes in other mount namespaces count wherever the path is mounted there.
/// Error{local}: /proc is not there, or this process lacks memory or descriptors to look.
std::map<std::string, std::string> uses_of(const std::vector<std::string>& paths);

}  // namespace ingot::exports
