#include "schema/text/url.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "schema/text/text.hpp"

namespace ingot {

namespace {

constexpr std::string_view https = "https://";
constexpr std::string_view http = "http://";
constexpr std::string_view file = "file://";

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string_view scheme_of(std::string_view text) {
  for (const std::string_view scheme : {https, http, file}) {
    if (text.starts_with(scheme)) return scheme;
  }
  return {};
}

/// RFC 3986, section 3.2: host and port, without user information.
struct Authority {
  std::string_view host;
  std::optional<std::string_view> port;
};

std::string_view authority_text(std::string_view text) {
  text.remove_prefix(scheme_of(text).size());
  return text.substr(0, text.find('/'));
}

Authority split(std::string_view authority) {
  const auto after_host = authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
  const auto colon = authority.find(':', after_host == std::string_view::npos ? 0 : after_host);
  if (colon == std::string_view::npos) return {authority, std::nullopt};
  return {authority.substr(0, colon), authority.substr(colon + 1)};
}

std::optional<std::string> why_not_an_authority(std::string_view text) {
  const Authority authority = split(text);
  if (authority.host.empty()) return "names no host";
  const bool numeric6 = authority.host.starts_with('[') && authority.host.ends_with(']') && authority.host.size() > 4;
  const auto inside = numeric6 ? authority.host.substr(1, authority.host.size() - 2) : authority.host;
  const bool valid = std::all_of(inside.begin(), inside.end(), [numeric6](char c) {
    return numeric6 ? is_hex(c) || c == ':' || c == '.' : is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
  });
  if (!valid) return "has a host that is no host name";
  if (!authority.port) return std::nullopt;
  const auto port = *authority.port;
  if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit)) return "has a port that is no number";
  const int number = std::stoi(std::string(port));
  return number >= 1 && number <= 65535 ? std::nullopt : std::optional<std::string>("has a port that is not from 1 to 65535");
}

std::optional<std::string> why_not_a_path_of_url(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%' && (i + 2 >= path.size() || !is_hex(path[i + 1]) || !is_hex(path[i + 2])))
      return "has a \"%\" that is not followed by two hex digits";
  }
  if (fmt::format("{}/", path).find("/../") != std::string::npos) return "has \"..\" in its path";
  return std::nullopt;
}

}  // namespace

/// Of an address four decimal numbers, the first 127. Other spellings of the same (127.1, 0x7f.1) are left to fail.
bool names_loopback(std::string_view host) {
  if (host == "localhost" || host.ends_with(".localhost") || host == "[::1]") return true;
  std::array<int, 4> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto dot = host.find('.');
    const auto part = host.substr(0, dot);
    const bool last = i + 1 == parts.size();
    if (last != (dot == std::string_view::npos) || part.empty() || part.size() > 3 ||
        !std::all_of(part.begin(), part.end(), is_digit))
      return false;
    if (part.size() > 1 && part.front() == '0') return false;
    parts[i] = std::stoi(std::string(part));
    if (parts[i] > 255) return false;
    host.remove_prefix(last ? host.size() : dot + 1);
  }
  return parts[0] == 127;
}

std::optional<std::string> why_not_a_url(std::string_view text) {
  if (text.size() > longest_url) return fmt::format("is {} bytes long, more than {}", text.size(), longest_url);
  const std::string_view scheme = scheme_of(text);
  if (scheme.empty()) return "does not begin with https://, http:// or file:///";
  const auto unfit = [](char c) {
    return c <= ' ' || c >= '\x7f' || std::string_view("\"'<>\\^`{|}").find(c) != std::string_view::npos;
  };
  if (std::any_of(text.begin(), text.end(), unfit)) return "holds a character that cannot stand in a URL";
  const std::string_view authority = authority_text(text);
  const std::string_view path = text.substr(scheme.size() + authority.size());
  if (authority.find('@') != std::string_view::npos) return "holds a user name or a password";
  if (text.find_first_of("?#") != std::string_view::npos) return "holds a \"?\" or a \"#\"";
  if (scheme == file) {
    if (!authority.empty() || path.empty()) return "does not begin with file:/// and an absolute path";
  } else if (auto why = why_not_an_authority(authority)) {
    return why;
  }
  return why_not_a_path_of_url(path);
}

bool has_address(std::string_view url) {
  const std::string_view host = split(authority_text(url)).host;
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return host.starts_with('[') || (!last.empty() && std::all_of(last.begin(), last.end(), is_digit));
}

bool is_open_http(std::string_view url) { return scheme_of(url) == http && !names_loopback(split(authority_text(url)).host); }

bool is_database_url(std::string_view place) { return place.starts_with("postgresql://") || place.starts_with("postgres://"); }

std::optional<std::string> why_not_a_database_url(std::string_view url) {
  if (url.size() > longest_url) return fmt::format("is longer than {} bytes", longest_url);
  for (const char c : url) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) return "holds a space or a control character";
  }
  const std::string_view rest = url.substr(url.find("://") + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  const auto at = authority.rfind('@');
  const bool in_user = at != std::string_view::npos && authority.substr(0, at).find(':') != std::string_view::npos;
  const auto question = rest.find('?');
  const std::string query = question == std::string_view::npos ? "" : "&" + std::string(rest.substr(question + 1));
  if (in_user || query.find("&password=") != std::string::npos || query.find("&sslpassword=") != std::string::npos)
    return "holds a password, which belongs into the file that state_password_file names";
  return std::nullopt;
}

std::string with_slash(std::string url) {
  if (!url.ends_with('/')) url += '/';
  return url;
}

}  // namespace ingot
