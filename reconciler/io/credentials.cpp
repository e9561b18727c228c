#include "reconciler/io/credentials.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>

#include "reconciler/io/file_error.hpp"
#include "reconciler/io/files.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot {

namespace {

constexpr std::size_t longest_token = 16 * 1024;

Error wrong(const ServerName& peer, const std::string& what, const std::string& mend) {
  return Error(Fault::manifest, fmt::format("peer \"{}\": {}", peer.text(), what), mend);
}

std::string trimmed(const std::string& text) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = text.find_first_not_of(space);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::string checked_token(const std::string& text, const std::string& where, const ServerName& peer) {
  const std::string token = trimmed(text);
  if (token.empty()) throw wrong(peer, fmt::format("{} is empty", where), fmt::format("put the token into {}", where));
  if (token.size() > longest_token) throw wrong(peer, fmt::format("{} is longer than {} bytes", where, longest_token), fmt::format("put the token alone into {}", where));
  const bool clean = std::all_of(token.begin(), token.end(), [](unsigned char byte) { return byte > 0x20 && byte < 0x7F; });
  if (!clean) throw wrong(peer, fmt::format("{} holds characters that no token may have", where), fmt::format("put the token alone into {}, on one line", where));
  return token;
}

std::string token_of_environment(const std::string& name, const ServerName& peer) {
  const char* const value = std::getenv(name.c_str());
  const std::string where = fmt::format("the environment variable {} (token_env)", printable(name));
  if (value == nullptr) throw wrong(peer, fmt::format("{} is not set", where), fmt::format("set {}, or use token_file", printable(name)));
  return checked_token(value, where, peer);
}

std::string token_of_file(const std::string& path, const ServerName& peer) {
  PosixFiles files;
  const std::string where = fmt::format("the file \"{}\" (token_file)", printable(path));
  std::string text;
  try {
    text = read_file(files, path, longest_token + 2);
  } catch (const Error& error) {
    throw wrong(peer, fmt::format("{} cannot be read: {}", where, error.text()), fmt::format("make {} readable for this user alone", where));
  }
  return checked_token(text, where, peer);
}

std::string readable(const std::optional<std::string>& path, const char* key, const ServerName& peer) {
  if (!path) return {};
  if (::access(path->c_str(), R_OK) == 0) return *path;
  const int error = errno;
  throw wrong(peer, fmt::format("the file \"{}\" ({}) cannot be read: {}", printable(*path), key, errno_text(error)), fmt::format("mend {}, or the permissions of its file", key));
}

}  // namespace

Secrets read_secrets(const PeerCredentials& credentials, const ServerName& peer) {
  Secrets secrets;
  if (credentials.token_env) secrets.token = token_of_environment(*credentials.token_env, peer);
  else if (credentials.token_file) secrets.token = token_of_file(*credentials.token_file, peer);
  secrets.client_cert = readable(credentials.client_cert, "client_cert", peer);
  secrets.client_key = readable(credentials.client_key, "client_key", peer);
  secrets.ca_file = readable(credentials.ca_file, "ca_file", peer);
  return secrets;
}

std::string mend_of_denial(const PeerCredentials& credentials) {
  const auto not_taken = [](const std::string& what, const std::string& text, const char* key) {
    return fmt::format("it does not take the {} \"{}\" ({}): ask its owner for one that it takes", what, printable(text), key);
  };
  if (credentials.token_env) return not_taken("token in the environment variable", *credentials.token_env, "token_env");
  if (credentials.token_file) return not_taken("token in the file", *credentials.token_file, "token_file");
  if (credentials.client_cert) return not_taken("client certificate", *credentials.client_cert, "client_cert");
  return "its entry names no token or certificate: say token_env, token_file or client_cert there, or ask its owner whether the web server may read the tree";
}

}  // namespace ingot
