// Why there is no TLS connection, in words of people, before libcurl's own.
#pragma once

#include <optional>
#include <string>

#include <curl/curl.h>

namespace ingot::io {

struct TlsFailure {
  std::string why;  ///< holds libcurl's text too
  std::string mend;
};

/// nullopt: it is not TLS that failed. `detail`: libcurl's text, printable. `denied_mend`: what to do about who we are not.
std::optional<TlsFailure> tls_failure(CURLcode code, const std::string& detail, const std::string& denied_mend);

}  // namespace ingot::io
