// An S3-compatible store in memory, on loopback, that fails as it is told: held to tests/contracts/bucket_contract, as the real
// one is. It checks the key, the time and the digest of what comes; that signatures are right, the real one shows.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/io/net/credentials.hpp"

namespace ingot::testing_support {

struct FakeObject {
  std::string bytes;
  std::map<std::string, std::string> headers;  ///< as they were put: content-type, cache-control, x-amz-meta-…
};

/// What a request gets instead of its answer.
struct StoreFault {
  int status = 500;
  std::string code = "InternalError";
  bool done = false;    ///< the store does what it was asked for, and fails then
  int retry_after = 0;  ///< seconds; 0: it says nothing
  bool cut = false;     ///< the connection ends instead of an answer; to a HEAD, which has no body to cut, a proxy says so (502)
  std::string etag = {};  ///< not "": all is well, but for this ETag in the answer
};

class FakeStore {
 public:
  FakeStore();
  ~FakeStore();
  FakeStore(const FakeStore&) = delete;
  FakeStore& operator=(const FakeStore&) = delete;

  std::string address() const;  ///< "http://127.0.0.1:PORT"
  io::AccessKey key() const { return {.id = "FAKEKEY", .secret = "fake-secret", .session = ""}; }
  void make_bucket(const std::string& name);
  void remove_bucket(const std::string& name);
  /// Asked for each request, as "PUT /bucket/key" or "POST /bucket/key?uploads"; nullopt: nothing is wrong. From any thread.
  void fail(std::function<std::optional<StoreFault>(const std::string& request)> fault);

  /// Just these from now on, and no upload in parts under way.
  void hold(const std::map<std::string, FakeObject>& objects);
  /// By "bucket/key".
  std::map<std::string, FakeObject> objects() const;
  void put(const std::string& path, const std::string& bytes, const std::map<std::string, std::string>& headers = {});
  void remove(const std::string& path);
  /// Uploads in parts that were neither finished nor dropped.
  std::size_t open_uploads() const;
  std::size_t open_parts() const;  ///< of these
  /// The requests so far, as fail() is given them.
  std::vector<std::string> asked() const;
  void forget();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot::testing_support
