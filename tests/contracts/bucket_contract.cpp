#include "tests/contracts/bucket_contract.hpp"

#include <gmock/gmock.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/net/curl_http.hpp"
#include "reconciler/upload/bucket.hpp"
#include "schema/error.hpp"

namespace ingot::testing_support {
namespace {

using testing::HasSubstr;
using upload::Bucket;

const upload::ObjectHeaders plain{.content_type = "application/octet-stream", .cache_control = "no-cache"};

Piece piece_of(const std::string& bytes) { return {.digest = io::sha256(bytes), .length = bytes.size()}; }

io::BodyReader reader_of(std::string bytes) {
  return [bytes = std::move(bytes)](std::uint64_t offset, std::span<char> into) {
    const std::size_t count = std::min<std::size_t>(bytes.size() - std::min<std::size_t>(bytes.size(), offset), into.size());
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
    return count;
  };
}

/// What a test works with; `why_not` is not "" where there is no such store.
struct Stage {
  explicit Stage(const StoreMaker& maker) : store(maker.make()) {}
  Bucket bucket(const std::string& prefix = "dc1/", const std::string& name = "gold", const std::string& secret = "") {
    UploadEntry place{.name = UploadName::of("s3"), .bucket = name, .prefix = prefix, .endpoint = store.address};
    place.key.key_id_env = "INGOT_ID";
    place.key.secret_env = "INGOT_SECRET";
    io::AccessKey key = store.key;
    if (!secret.empty()) key.id = secret;
    return Bucket(http, std::move(place), key, clock, {.retry = {.attempts = 2}});
  }
  StoreUnderTest store;
  io::SystemClock clock;
  io::CurlHttp http;
};

std::string get(Bucket& bucket, const std::string& path) {
  const auto got = bucket.get(path, 1'000'000);
  const auto* bytes = std::get_if<upload::ObjectBytes>(&got);
  return bytes ? bytes->bytes : "not there";
}

Error error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) { return error; }
  return Error(Fault::internal, "nothing was thrown");
}

#define STAGE_OR_SKIP(stage) \
  Stage stage(GetParam());   \
  if (!stage.store.why_not.empty()) GTEST_SKIP() << stage.store.why_not

TEST_P(bucket_contract, gives_back_what_was_put_with_its_facts) {
  STAGE_OR_SKIP(stage);
  Bucket bucket = stage.bucket();
  const std::string bytes(100'000, 'x');
  const std::string etag = bucket.put("c/one", piece_of(bytes), plain, reader_of(bytes));
  EXPECT_EQ(get(bucket, "c/one"), bytes);
  const auto facts = bucket.look_at("c/one");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->size, bytes.size());
  EXPECT_EQ(facts->digest, io::sha256(bytes));
  EXPECT_EQ(facts->etag, etag);
}

TEST_P(bucket_contract, knows_what_is_not_there) {
  STAGE_OR_SKIP(stage);
  Bucket bucket = stage.bucket("nowhere/");
  EXPECT_EQ(get(bucket, "head.dsse"), "not there");
  EXPECT_FALSE(bucket.look_at("head.dsse"));
  bucket.remove("head.dsse");
}

TEST_P(bucket_contract, tells_that_an_object_is_as_it_was) {
  STAGE_OR_SKIP(stage);
  Bucket bucket = stage.bucket("etags/");
  const std::string etag = bucket.put("head.dsse", piece_of("one"), plain, reader_of("one"));
  EXPECT_TRUE(std::holds_alternative<upload::NotModified>(bucket.get("head.dsse", 100, etag)));
  bucket.put("head.dsse", piece_of("two"), plain, reader_of("two"));
  EXPECT_TRUE(std::holds_alternative<upload::ObjectBytes>(bucket.get("head.dsse", 100, etag)));
}

TEST_P(bucket_contract, refuses_bytes_that_are_not_those_of_the_digest) {
  STAGE_OR_SKIP(stage);
  Bucket bucket = stage.bucket("wrong/");
  EXPECT_EQ(error_of([&] { bucket.put("b/one", piece_of("right"), plain, reader_of("wrong")); }).code(), Code::damaged);
  EXPECT_FALSE(bucket.look_at("b/one"));
}

TEST_P(bucket_contract, puts_parts_together) {
  STAGE_OR_SKIP(stage);
  Bucket bucket = stage.bucket("parts/");
  const std::string first(5 * 1024 * 1024, 'a'), second = "the end", whole = first + second;
  const std::string id = bucket.start_parts("b/large", piece_of(whole), plain);
  const std::vector<std::string> etags{bucket.put_part("b/large", id, 1, piece_of(first), reader_of(first)).value(),
                                       bucket.put_part("b/large", id, 2, piece_of(second), reader_of(second)).value()};
  EXPECT_FALSE(bucket.look_at("b/large"));
  EXPECT_TRUE(bucket.finish_parts("b/large", id, etags));
  const auto facts = bucket.look_at("b/large");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->size, whole.size());
  EXPECT_EQ(facts->digest, io::sha256(whole));
}

TEST_P(bucket_contract, drops_parts_and_knows_that_they_are_gone) {
  STAGE_OR_SKIP(stage);
  Bucket bucket = stage.bucket("dropped/");
  const std::string id = bucket.start_parts("b/large", piece_of("all"), plain);
  const std::string etag = bucket.put_part("b/large", id, 1, piece_of("all"), reader_of("all")).value();
  bucket.drop_parts("b/large", id);
  bucket.drop_parts("b/large", id);
  EXPECT_FALSE(bucket.put_part("b/large", id, 2, piece_of("all"), reader_of("all")));
  EXPECT_FALSE(bucket.finish_parts("b/large", id, {etag}));
  EXPECT_FALSE(bucket.look_at("b/large"));
}

TEST_P(bucket_contract, removes) {
  STAGE_OR_SKIP(stage);
  Bucket bucket = stage.bucket("removed/");
  bucket.put("c/one", piece_of("one"), plain, reader_of("one"));
  bucket.remove("c/one");
  EXPECT_FALSE(bucket.look_at("c/one"));
}

TEST_P(bucket_contract, takes_odd_names_and_an_empty_object) {
  STAGE_OR_SKIP(stage);
  Bucket bucket = stage.bucket("odd.name_-/");
  for (const std::string path : {"a b", "a+b", "a@b:c!d*e(f)g", "ü~'%41"}) {
    bucket.put(path, piece_of(""), plain, reader_of(""));
    EXPECT_EQ(get(bucket, path), "") << path;
  }
}

TEST_P(bucket_contract, says_that_there_is_no_bucket) {
  STAGE_OR_SKIP(stage);
  Bucket bucket = stage.bucket("", "nobodys-bucket");
  const Error error = error_of([&] { bucket.put("c/one", piece_of("one"), plain, reader_of("one")); });
  EXPECT_THAT(error.text(), HasSubstr("there is no bucket \"nobodys-bucket\""));
  EXPECT_THAT(error_of([&] { bucket.get("head.dsse", 100); }).text(), HasSubstr("there is no bucket"));
}

TEST_P(bucket_contract, says_that_the_key_is_refused) {
  STAGE_OR_SKIP(stage);
  Bucket bucket = stage.bucket("dc1/", "gold", "NOBODY");
  const Error error = error_of([&] { bucket.get("head.dsse", 100); });
  EXPECT_EQ(error.code(), Code::credentials);
  EXPECT_THAT(error.text(), HasSubstr("refuses the access key"));
  EXPECT_THAT(error.mend(), HasSubstr("INGOT_ID"));
}

}  // namespace
}  // namespace ingot::testing_support
