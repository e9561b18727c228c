#include "reconciler/io/net/s3_signature.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/hmac.hpp"

namespace ingot::io {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

/// "20130524T000000Z"
std::string basic_time(Time time) {
  std::string text = time_text(time);
  std::erase_if(text, [](char letter) { return letter == '-' || letter == ':'; });
  return text;
}

std::string encoded_query(const std::map<std::string, std::string>& query) {
  std::string text;
  for (const auto& [name, value] : query)
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", percent_encoded(name, false), percent_encoded(value, false));
  return text;
}

std::string hmac(std::string_view key, std::string_view text) {
  const Digest digest = hmac_sha256(key, text);
  return {digest.bytes.begin(), digest.bytes.end()};
}

}  // namespace

std::string percent_encoded(std::string_view text, bool slashes) {
  std::string result;
  for (const char letter : text) {
    const bool plain = (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                       letter == '-' || letter == '.' || letter == '_' || letter == '~' || (slashes && letter == '/');
    result += plain ? std::string(1, letter) : fmt::format("%{:02X}", static_cast<unsigned char>(letter));
  }
  return result;
}

SignedS3Request sign_s3(const S3Request& input, const AccessKey& key, const std::string& region, Time now) {
  const std::string time = basic_time(now), day = time.substr(0, 8);
  std::map<std::string, std::string> headers = input.headers;
  headers["host"] = input.host;
  headers["x-amz-date"] = time;
  headers["x-amz-content-sha256"] = input.payload;
  if (!key.session.empty()) headers["x-amz-security-token"] = key.session;

  SignedS3Request result;
  std::string lines, names;
  for (const auto& [name, value] : headers) {
    lines += fmt::format("{}:{}\n", name, value);
    names += (names.empty() ? "" : ";") + name;
    result.headers.push_back(fmt::format("{}: {}", name, value));
  }
  const std::string path = percent_encoded(input.path, true), query = encoded_query(input.query);
  const std::string canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", input.method, path, query, lines, names, input.payload);
  const std::string scope = fmt::format("{}/{}/s3/aws4_request", day, region);
  const std::string to_sign = fmt::format("{}\n{}\n{}\n{}", algorithm, time, scope, sha256(canonical).hex());
  const std::string signing_key = hmac(hmac(hmac(hmac("AWS4" + key.secret, day), region), "s3"), "aws4_request");
  result.headers.push_back(fmt::format("Authorization: {} Credential={}/{},SignedHeaders={},Signature={}", algorithm, key.id,
                                       scope, names, hmac_sha256(signing_key, to_sign).hex()));
  result.target = query.empty() ? path : path + "?" + query;
  return result;
}

}  // namespace ingot::io
