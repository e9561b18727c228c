// Secrets and certificates, read from where an entry of the manifest or the environment says. They never show in an error.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "schema/manifest/manifest.hpp"

namespace ingot::io {

/// The access key of an S3-compatible store.
struct AccessKey {
  std::string id;
  std::string secret;
  std::string session;  ///< the token of a temporary key; ""
  bool operator==(const AccessKey&) const = default;
};

struct Secrets {
  std::string token;        ///< "" = none
  std::string client_cert;  ///< path, "" = none
  std::string client_key;
  std::string ca_file;
  std::optional<AccessKey> s3;
  bool operator==(const Secrets&) const = default;
};

/// Error{manifest}: a variable or file that is named is not there, is empty, too long or holds control characters.
Secrets read_secrets(const PeerCredentials& credentials, const ServerName& peer);

/// The key by which the messages of a webhook are signed. Error{manifest} likewise.
std::string read_webhook_key(const NotifyEntry& notify);

/// Of a file: as the AWS tools write it, the section of the upload's name, or else "default". Error{manifest} likewise.
AccessKey read_access_key(const UploadEntry& upload);

/// The password for the database of the state: the file without the end of its line. Error{manifest} likewise.
std::string read_state_password(const std::string& path);

/// The token for a manifest's repository over https, of INGOT_GIT_TOKEN_FILE or INGOT_GIT_TOKEN; "": there is none.
/// Error{manifest}: the file cannot be read, or holds none.
std::string read_git_token();

/// The variables of the environment that hold secrets of this program or say where they are: those that the manifest names, and
/// ours.
std::set<std::string> secret_variables(const Manifest& manifest);

/// What to do when a peer does not let us in: which key of its entry to look at.
std::string mend_of_denial(const PeerCredentials& credentials);

}  // namespace ingot::io
