// A place in an S3-compatible store: the few requests of its API that an upload needs, signed, repeated where time may mend a
// failure, and with failures in words of people.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "reconciler/io/clock.hpp"
#include "reconciler/io/net/credentials.hpp"
#include "reconciler/io/net/http_client.hpp"
#include "reconciler/io/net/retry.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/manifest/upload.hpp"

namespace ingot::upload {

/// How an object is served.
struct ObjectHeaders {
  std::string content_type;
  std::string cache_control;
  bool operator==(const ObjectHeaders&) const = default;
};

/// What the store says of an object. ETags are opaque: stores make them in different ways.
struct ObjectFacts {
  std::uint64_t size = 0;
  std::string etag;              ///< without quotes
  std::optional<Digest> digest;  ///< as put() wrote it beside the object; nullopt: another program put it there
};

struct NotModified {};
struct NotThere {};
struct TooLong {};
struct ObjectBytes {
  std::string bytes;
  std::string etag;
};

struct BucketOptions {
  io::RetryRules retry{.attempts = 4};
  std::function<void()> may_go_on = {};  ///< asked again and again; throws to end a request
};

/// All paths are below the prefix: "c/<64 hex>". Every call throws Error{incomplete}, about the upload, if the store does not do
/// it: code "credentials" if it does not let us in, "damaged" if other bytes came there than the digest says, else "unreachable".
/// Also throws what a `body` threw, and Error{interrupted or terminated}. Thread-safe.
class Bucket {
 public:
  /// `http` and `clock` outlive it.
  Bucket(io::HttpClient& http, UploadEntry place, io::AccessKey key, io::Clock& clock, BucketOptions options = {});

  /// With `known_etag` NotModified if the object still has it. TooLong: it has more than `at_most` bytes.
  std::variant<ObjectBytes, NotModified, NotThere, TooLong> get(const std::string& path, std::uint64_t at_most,
                                                                const std::string& known_etag = {});
  /// nullopt: it is not there.
  std::optional<ObjectFacts> look_at(const std::string& path);
  /// Puts an object with just these bytes: the store compares them with the digest. Gives the ETag.
  std::string put(const std::string& path, const Piece& piece, const ObjectHeaders& headers, const io::BodyReader& body);
  /// Not there = fine.
  void remove(const std::string& path);

  // An object in parts: nobody sees it before it is finished.
  /// Gives the id of the upload.
  std::string start_parts(const std::string& path, const Piece& whole, const ObjectHeaders& headers);
  /// `number`: from 1. Gives the ETag of the part; nullopt: the store does not know the upload any more.
  std::optional<std::string> put_part(const std::string& path, const std::string& id, int number, const Piece& part,
                                      const io::BodyReader& body);
  /// `etags`: of the parts 1, 2 … nullopt: the store does not know the upload any more, or not all of its parts. Gives the
  /// object's ETag, or "" if the store does not tell it.
  std::optional<std::string> finish_parts(const std::string& path, const std::string& id, const std::vector<std::string>& etags);
  /// Not there = fine.
  void drop_parts(const std::string& path, const std::string& id);

  const UploadEntry& place() const { return place_; }

 private:
  struct Question;
  struct LastAnswer {
    io::HttpAnswer answer;
    bool fine = false;
  };
  /// Asks until the answer is fine, or no more may be asked.
  LastAnswer answer_to(const Question& question);
  /// The same, but Error{incomplete} if it is not fine.
  io::HttpAnswer ask(const Question& question);
  io::HttpAnswer ask_once(const Question& question);
  [[noreturn]] void fail(const Question& question, const io::HttpAnswer& answer) const;
  bool knows_parts(const std::string& path, const std::string& id);

  io::HttpClient& http_;
  UploadEntry place_;
  io::AccessKey key_;
  io::Clock& clock_;
  BucketOptions options_;
};

/// The text of the first element `name` in an answer of the store; "": there is none.
std::string element_text(std::string_view xml, std::string_view name);

}  // namespace ingot::upload
