#include "reconciler/io/net/credentials.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <unistd.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/files.hpp"
#include "reconciler/io/disk/secret_file.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot::io {

namespace {

constexpr std::size_t longest_token = 16 * 1024;

/// A secret that an entry of the manifest names: whose it is, what it is, and the keys that say where it is found.
struct NamedSecret {
  std::string owner;  ///< "peer \"fpps-2\""
  std::string_view what, env_key, file_key;
};

NamedSecret token_of(const ServerName& peer) {
  return {fmt::format("peer \"{}\"", peer.text()), "token", "token_env", "token_file"};
}

Error wrong(const NamedSecret& secret, const std::string& what, const std::string& mend) {
  return Error(Fault::manifest, fmt::format("{}: {}", secret.owner, what), mend);
}

std::string trimmed(const std::string& text) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = text.find_first_not_of(space);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::string checked(const std::string& text, const std::string& where, const NamedSecret& secret) {
  std::string value = trimmed(text);
  if (value.empty())
    throw wrong(secret, fmt::format("{} is empty", where), fmt::format("put the {} into {}", secret.what, where));
  if (value.size() > longest_token)
    throw wrong(secret, fmt::format("{} is longer than {} bytes", where, longest_token),
                fmt::format("put the {} alone into {}", secret.what, where));
  const bool clean = std::all_of(value.begin(), value.end(), [](unsigned char byte) { return byte > 0x20 && byte < 0x7F; });
  if (!clean)
    throw wrong(secret, fmt::format("{} holds characters that no {} may have", where, secret.what),
                fmt::format("put the {} alone into {}, on one line", secret.what, where));
  return value;
}

std::string of_environment(const std::string& name, const NamedSecret& secret) {
  const char* const value = std::getenv(name.c_str());
  const std::string where = fmt::format("the environment variable {} ({})", printable(name), secret.env_key);
  if (value == nullptr)
    throw wrong(secret, fmt::format("{} is not set", where), fmt::format("set {}, or use {}", printable(name), secret.file_key));
  return checked(value, where, secret);
}

std::string place_of_file(const std::string& path, const NamedSecret& secret) {
  return fmt::format("the file \"{}\" ({})", printable(path), secret.file_key);
}

std::string text_of_file(const std::string& path, const NamedSecret& secret) {
  PosixFiles files;
  try {
    return read_file(files, followed_secret(files, path), longest_token + 2);
  } catch (const Error& error) {
    const std::string where = place_of_file(path, secret);
    throw wrong(secret, fmt::format("{} cannot be read: {}", where, error.text()),
                fmt::format("make {} readable for this user alone", where));
  }
}

std::string of_file(const std::string& path, const NamedSecret& secret) {
  return checked(text_of_file(path, secret), place_of_file(path, secret), secret);
}

/// "name = value" lines of the section `wanted`, or of "default" if there is none.
std::map<std::string, std::string> section_of(const std::string& text, const std::string& wanted) {
  std::map<std::string, std::map<std::string, std::string>> sections;
  std::string section = "default";
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line = trimmed(line);
    if (line.starts_with('[') && line.ends_with(']')) {
      section = trimmed(line.substr(1, line.size() - 2));
      sections[section];
    } else if (const auto equals = line.find('='); equals != std::string::npos && !line.starts_with('#')) {
      sections[section][trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
    }
  }
  return sections[sections.contains(wanted) ? wanted : "default"];
}

AccessKey key_of_file(const std::string& path, const std::string& name, const std::string& owner) {
  const NamedSecret secret{owner, "access key", "key_id_env", "credentials_file"};
  std::map<std::string, std::string> lines = section_of(text_of_file(path, secret), name);
  const auto value = [&](const char* key) {
    return checked(lines[key], fmt::format("{} in the file \"{}\" (credentials_file)", key, printable(path)), secret);
  };
  return {.id = value("aws_access_key_id"),
          .secret = value("aws_secret_access_key"),
          .session = lines.contains("aws_session_token") ? value("aws_session_token") : ""};
}

/// `name`: of the section of a file.
AccessKey read_key(const AccessKeySource& source, const std::string& name, const std::string& owner) {
  if (source.file) return key_of_file(*source.file, name, owner);
  return {.id = of_environment(source.key_id_env.value_or(""), {owner, "access key's id", "key_id_env", "credentials_file"}),
          .secret = of_environment(source.secret_env.value_or(""), {owner, "secret", "secret_env", "credentials_file"}),
          .session = ""};
}

std::string readable(const std::optional<std::string>& path, const char* key, const ServerName& peer) {
  if (!path) return {};
  if (::access(path->c_str(), R_OK) == 0) return *path;
  const int error = errno;
  throw wrong(token_of(peer), fmt::format("the file \"{}\" ({}) cannot be read: {}", printable(*path), key, errno_text(error)),
              fmt::format("mend {}, or the permissions of its file", key));
}

void insert_variables(const AccessKeySource& source, std::set<std::string>& names) {
  if (source.key_id_env) names.insert(*source.key_id_env);
  if (source.secret_env) names.insert(*source.secret_env);
}

}  // namespace

Secrets read_secrets(const PeerCredentials& credentials, const ServerName& peer) {
  Secrets secrets;
  if (credentials.token_env)
    secrets.token = of_environment(*credentials.token_env, token_of(peer));
  else if (credentials.token_file)
    secrets.token = of_file(*credentials.token_file, token_of(peer));
  secrets.client_cert = readable(credentials.client_cert, "client_cert", peer);
  secrets.client_key = readable(credentials.client_key, "client_key", peer);
  secrets.ca_file = readable(credentials.ca_file, "ca_file", peer);
  if (credentials.s3) secrets.s3 = read_key(credentials.s3->key, peer.text(), token_of(peer).owner);
  return secrets;
}

std::string read_webhook_key(const NotifyEntry& notify) {
  const NamedSecret key{fmt::format("the webhook of {}", notify.at.text()), "key", "key_env", "key_file"};
  return notify.key_env ? of_environment(*notify.key_env, key) : of_file(notify.key_file.value_or(""), key);
}

AccessKey read_access_key(const UploadEntry& upload) {
  return read_key(upload.key, upload.name.text(), fmt::format("upload \"{}\"", upload.name.text()));
}

std::string read_state_password(const std::string& path) {
  const NamedSecret secret{"the state", "password", "", "state_password_file"};
  std::string password = text_of_file(path, secret);
  while (password.ends_with('\n') || password.ends_with('\r')) password.pop_back();
  if (password.empty() || password.find_first_of(std::string_view("\n\0", 2)) != std::string::npos)
    throw wrong(secret, fmt::format("{} holds no password", place_of_file(path, secret)),
                "put the password alone into it, on one line");
  return password;
}

std::string read_git_token() {
  const char* const file = std::getenv("INGOT_GIT_TOKEN_FILE");
  if (file != nullptr && *file != '\0')
    return of_file(file, {"the manifest's repository", "token", "INGOT_GIT_TOKEN", "INGOT_GIT_TOKEN_FILE"});
  const char* const token = std::getenv("INGOT_GIT_TOKEN");
  return token == nullptr ? "" : token;
}

std::set<std::string> secret_variables(const Manifest& manifest) {
  std::set<std::string> names{"INGOT_GIT_TOKEN", "INGOT_GIT_TOKEN_FILE", "INGOT_GIT_SSH_KEY", "PGPASSWORD", "PGPASSFILE"};
  for (const auto& peer : manifest.peers) {
    if (peer.credentials.token_env) names.insert(*peer.credentials.token_env);
    if (peer.credentials.s3) insert_variables(peer.credentials.s3->key, names);
  }
  for (const auto& entry : manifest.notify) {
    if (entry.key_env) names.insert(*entry.key_env);
  }
  for (const auto& upload : manifest.uploads) { insert_variables(upload.key, names); }
  return names;
}

std::string mend_of_denial(const PeerCredentials& credentials) {
  const auto not_taken = [](const std::string& what, const std::string& text, const char* key) {
    return fmt::format("it does not take the {} \"{}\" ({}): ask its owner for one that it takes", what, printable(text), key);
  };
  if (credentials.token_env) return not_taken("token in the environment variable", *credentials.token_env, "token_env");
  if (credentials.token_file) return not_taken("token in the file", *credentials.token_file, "token_file");
  if (credentials.s3)
    return "the store does not take the access key of \"s3\", or the key may not read there: check it, the region, and this "
           "machine's "
           "clock";
  if (credentials.client_cert) return not_taken("client certificate", *credentials.client_cert, "client_cert");
  return "its entry names no token or certificate: say token_env, token_file or client_cert there, or ask its owner whether the "
         "web server may read the tree";
}

}  // namespace ingot::io
