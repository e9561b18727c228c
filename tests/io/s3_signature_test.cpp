// Signatures against the examples that AWS publishes (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
#include "reconciler/io/net/s3_signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/hash.hpp"

namespace ingot::io {
namespace {

using testing::EndsWith;

const AccessKey key{.id = "AKIAIOSFODNN7EXAMPLE", .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", .session = ""};
const std::string host = "examplebucket.s3.amazonaws.com";
const std::string nothing = sha256("").hex();

SignedS3Request signed_at_noon(const S3Request& input) {
  return sign_s3(input, key, "us-east-1", *parse_time("2013-05-24T00:00:00Z"));
}

std::string authorization(const SignedS3Request& request) { return request.headers.back(); }

TEST(s3_signature, signs_a_range_as_aws_does) {
  const auto request = signed_at_noon(
      {.method = "GET", .host = host, .path = "/test.txt", .query = {}, .headers = {{"range", "bytes=0-9"}}, .payload = nothing});
  EXPECT_EQ(authorization(request),
            "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(s3_signature, signs_a_put_with_an_odd_name_as_aws_does) {
  const auto request =
      signed_at_noon({.method = "PUT",
                      .host = host,
                      .path = "/test$file.text",
                      .query = {},
                      .headers = {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                      .payload = sha256("Welcome to Amazon S3.").hex()});
  EXPECT_EQ(request.target, "/test%24file.text");
  EXPECT_THAT(authorization(request), EndsWith("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(s3_signature, signs_a_query_without_values_as_aws_does) {
  const auto request = signed_at_noon(
      {.method = "GET", .host = host, .path = "/", .query = {{"lifecycle", ""}}, .headers = {}, .payload = nothing});
  EXPECT_EQ(request.target, "/?lifecycle=");
  EXPECT_THAT(authorization(request), EndsWith("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(s3_signature, signs_a_query_with_values_as_aws_does) {
  const auto request = signed_at_noon({.method = "GET",
                                       .host = host,
                                       .path = "/",
                                       .query = {{"max-keys", "2"}, {"prefix", "J"}},
                                       .headers = {},
                                       .payload = nothing});
  EXPECT_THAT(authorization(request), EndsWith("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(s3_signature, signs_the_token_of_a_temporary_key) {
  AccessKey temporary = key;
  temporary.session = "a-token";
  const auto request = sign_s3({.method = "GET", .host = host, .path = "/", .query = {}, .headers = {}, .payload = nothing},
                               temporary, "us-east-1", *parse_time("2013-05-24T00:00:00Z"));
  EXPECT_THAT(request.headers, testing::Contains("x-amz-security-token: a-token"));
  EXPECT_THAT(authorization(request), testing::HasSubstr("x-amz-date;x-amz-security-token,"));
}

}  // namespace
}  // namespace ingot::io
