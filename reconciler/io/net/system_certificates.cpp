#include "reconciler/io/net/system_certificates.hpp"

#include <unistd.h>

namespace ingot::io {

std::string certificates_elsewhere(const std::string& root) {
  const auto is_readable = [](const std::string& path) { return ::access(path.c_str(), R_OK) == 0; };
  if (is_readable(root + "/etc/ssl/certs/ca-certificates.crt")) return "";       // Debian, Ubuntu, Arch, Gentoo
  for (const char* path : {"/etc/pki/tls/certs/ca-bundle.crt",                   // Red Hat, Oracle, Fedora until 43
                           "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora
                           "/etc/ssl/ca-bundle.pem",                             // SUSE
                           "/etc/ssl/cert.pem"}) {                               // Alpine
    if (is_readable(root + path)) return root + path;
  }
  return "";
}

}  // namespace ingot::io
