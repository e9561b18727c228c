// Where the published tree is kept as well: an entry [[upload]] of the manifest.
#pragma once

#include <optional>
#include <string>

#include "schema/manifest/problem.hpp"
#include "schema/manifest/s3.hpp"
#include "schema/names.hpp"

namespace ingot {

struct UploadEntry {
  UploadName name;
  std::string bucket{};
  std::string prefix{};    ///< "", or ends with "/"
  std::string endpoint{};  ///< https, or http to this machine; without a path and without a "/" at its end
  std::string region = "us-east-1";
  AccessKeySource key{};
  std::optional<std::string> ca_file{};  ///< path; certificates to trust for the endpoint
  bool path_style = true;                ///< endpoint/bucket/key; false: bucket.endpoint/key
  At at{};
  bool operator==(const UploadEntry&) const = default;
};

/// What tells two places apart, for people too: "https://s3.example.net/gold/dc1/". Holds no secret.
std::string place_of(const UploadEntry& upload);

}  // namespace ingot
