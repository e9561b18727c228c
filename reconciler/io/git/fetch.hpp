// Fetches a git repository into a bare one of our own: https, ssh, files. libgit2 has no time limits on sockets, so a process of
// its own does it, which is ended when it takes too long or too much.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ingot::io {

struct FetchProgress {
  std::uint64_t objects = 0;  ///< received
  std::uint64_t of = 0;       ///< objects in all; 0: not known yet
  std::uint64_t bytes = 0;    ///< received
};

struct GitFetch {
  std::string url;                                               ///< as why_not_a_repository wants it
  std::string folder;                                            ///< of the bare repository; made if it is not there
  std::chrono::milliseconds silence = std::chrono::seconds(30);  ///< the longest time without any progress
  std::chrono::milliseconds limit = std::chrono::minutes(30);    ///< for all
  std::uint64_t most_bytes = 4'000'000'000;                      ///< received
  std::uint64_t most_memory = 1024 * 1024 * 1024;                ///< bytes, beyond what this process has now
  std::function<void(const FetchProgress&)> progress = {};
};

/// What is wrong with `url` as the address of a repository, as a clause that does not show it (it may hold a password):
/// https://, ssh://, user@host:path, file:// or an absolute path; http:// on this machine alone.
std::optional<std::string> why_not_a_repository(std::string_view url);

/// All branches and tags, and no others, as the remote has them now. Credentials come from the environment: INGOT_GIT_TOKEN (with
/// INGOT_GIT_USER) for https; the ssh agent, INGOT_GIT_SSH_KEY or the user's own keys for ssh, whose host must be in known_hosts.
/// Error{incomplete}: it cannot be had now; Error{untrusted}: the server is not who it should be; Error{local}: the disk.
/// Throws if the process is interrupted.
void fetch_git(const GitFetch& what);

}  // namespace ingot::io
