// Stores with the interface of Amazon S3: where the key to one is found, and how a peer's private bucket is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ingot {

/// Where an access key is found. Either `file` is given, or the two others are.
struct AccessKeySource {
  std::optional<std::string> key_id_env{};  ///< the variable of the environment that holds the key's id
  std::optional<std::string> secret_env{};  ///< the variable that holds its secret
  std::optional<std::string> file{};        ///< path; as the AWS tools write it
  bool operator==(const AccessKeySource&) const = default;
};

/// The requests to the URLs below `endpoint` are signed.
struct S3Access {
  std::string endpoint{};  ///< https, or http to this machine; without a path and without a "/" at its end
  std::string region = "us-east-1";
  AccessKeySource key{};
  bool operator==(const S3Access&) const = default;
};

/// Whether requests to `url` are signed.
bool is_at(const S3Access& store, std::string_view url);

}  // namespace ingot
