#include "schema/manifest/manifest_commit.hpp"

#include <algorithm>

namespace ingot {

namespace {

constexpr std::string_view branches = "refs/heads/";

bool is_port(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// How much of what follows the scheme is a user and a password: up to and with the "@"; 0: there is neither.
std::size_t user_length(std::string_view rest) {
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) return at + 1;
  // A password with a slash that nobody escaped: no port looks like that.
  const auto colon = authority.rfind(':');
  const bool is_host = colon == std::string_view::npos || authority.starts_with('[') || is_port(authority.substr(colon + 1));
  const auto at = rest.rfind('@');
  return is_host || at == std::string_view::npos ? 0 : at + 1;
}

}  // namespace

std::optional<std::string> ManifestCommit::branch() const {
  return ref.starts_with(branches) ? std::optional(ref.substr(branches.size())) : std::nullopt;
}

std::string ManifestCommit::commit_text() const { return dirty ? commit + "-dirty" : commit; }

std::string without_credentials(std::string_view address) {
  const auto scheme_end = address.find("://");
  if (scheme_end == std::string_view::npos) {  // a path, or user@host:path
    const auto at = address.find('@');
    const auto colon = address.find(':');
    const bool is_path = address.find('/') < colon;
    return std::string(!is_path && at != std::string_view::npos && colon < at ? address.substr(at + 1) : address);
  }
  const std::string_view scheme = address.substr(0, scheme_end + 3);
  std::string_view rest = address.substr(scheme.size());
  const bool has_query = scheme.starts_with("http");
  const std::size_t user = scheme.starts_with("file") ? 0 : user_length(rest);
  std::string kept;
  if (user > 0 && scheme.find("ssh") != std::string_view::npos) {
    kept = std::string(rest.substr(0, std::min(user - 1, rest.find(':')))) + "@";
  }
  rest.remove_prefix(user);
  if (has_query) rest = rest.substr(0, rest.find_first_of("?#"));
  return std::string(scheme) + kept + std::string(rest);
}

}  // namespace ingot
