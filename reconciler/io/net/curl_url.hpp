// A peer's base URL, taken apart by libcurl's own parser (the one that will be used to connect).
#pragma once

#include <string>
#include <variant>

namespace ingot::io {

struct BaseUrl {
  std::string text;       ///< ends with "/"; holds no credentials
  std::string scheme;     ///< "https", "http", "file"
  bool loopback = false;  ///< its host names this machine
  std::string folder;     ///< the decoded path; begins and ends with "/"
};

/// Why a URL may not be used; shows nothing of it that could be a secret.
struct BadUrl {
  std::string why;
};

std::variant<BaseUrl, BadUrl> parse_base_url(const std::string& url);

}  // namespace ingot::io
