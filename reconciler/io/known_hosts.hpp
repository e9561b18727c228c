// Whether an ssh server is the one that known_hosts names; ssh-keygen finds the entries, hashed ones too.
#pragma once

#include <string>

namespace ingot {

struct HostKey {
  std::string host;
  std::string url;  ///< which names the port, if it is not 22
  std::string key;  ///< its bytes; "": it could not be had
};

/// Why the key is not one of this host's in ~/.ssh/known_hosts or /etc/ssh/ssh_known_hosts, with what to do; "": it is.
std::string why_not_known(const HostKey& shown);

}  // namespace ingot
