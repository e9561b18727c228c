// Signing requests to S3-compatible stores: AWS Signature Version 4, with the signature in the Authorization header
// (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/io/net/credentials.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::io {

struct S3Request {
  std::string method;
  std::string host;                            ///< as the Host header has it: with the port, unless it is the scheme's own
  std::string path;                            ///< plain, not encoded; begins with "/"
  std::map<std::string, std::string> query;    ///< plain
  std::map<std::string, std::string> headers;  ///< names in lower case; without host and x-amz-date
  std::string payload;                         ///< sha256 of the body: 64 hex digits
};

/// What to send.
struct SignedS3Request {
  std::string target;                ///< encoded path and query
  std::vector<std::string> headers;  ///< "name: value", all that were signed, and Authorization
};

/// `now`: stores refuse a time that differs from theirs by more than 15 minutes.
SignedS3Request sign_s3(const S3Request& input, const AccessKey& key, const std::string& region, Time now);

/// Every byte but A-Z a-z 0-9 - . _ ~ as %XX, and "/" unless `slashes` stay.
std::string percent_encoded(std::string_view text, bool slashes);

}  // namespace ingot::io
