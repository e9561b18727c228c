// Repositories by ssh: the program `ssh` makes the connection, so hosts, keys, agents and the user's configuration count as they
// do for git. The ssh of libgit2 1.5 knows only one kind of host key for a host, and no host at all without HOME.
#pragma once

#include <string>

#include <git2.h>

namespace ingot::io {

/// ssh://[user@]host[:port]/path, or user@host:path.
bool is_by_ssh(const std::string& url);

/// Where ssh is to go.
struct SshPlace {
  std::string user;  ///< "git" if none is named
  std::string host;
  std::string port;  ///< "": ssh's own
  std::string path;
  bool operator==(const SshPlace&) const = default;
};
SshPlace ssh_place_of(const std::string& url);

/// How ssh ended, when it did not end well.
struct SshFailure {
  std::string distrust;     ///< why its host is not who it should be, as a clause with what to do; "": it is
  bool wants_key = false;   ///< no key was accepted
  bool no_program = false;  ///< there is no ssh
  std::string words;        ///< what ssh said, in one line
};
/// Of what ssh said on standard error.
SshFailure ssh_failure(const std::string& said);

/// The transport for git_remote_callbacks. `failure` is filled when it fails, and must outlive it.
int open_ssh_transport(git_transport** out, git_remote* remote, SshFailure& failure);

}  // namespace ingot::io
