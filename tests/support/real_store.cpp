#include "tests/support/real_store.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/net/curl_http.hpp"
#include "reconciler/io/net/s3_signature.hpp"

namespace ingot::testing_support {

namespace {

void require_made(const io::HttpAnswer& answer) {
  if (answer.status / 100 != 2)
    throw std::runtime_error("no bucket: status " + std::to_string(answer.status) + answer.why + answer.body);
}

class Swift final : public RealStore {
 public:
  Swift() : RealStore({"/usr/bin/python3", "-W", "ignore", INGOT_SOURCE_DIR "/tests/support/swift_store.py"}, "") {}
  io::AccessKey key() const override { return {.id = "test:tester", .secret = "testing", .session = ""}; }
  std::string public_url(const std::string& bucket) const override { return address() + "/v1/AUTH_test/" + bucket + "/"; }

  /// By Swift's own API: a bucket must be public before the first upload in parts.
  void make_bucket(const std::string& name, bool is_public) const override {
    io::CurlHttp http;
    const io::HttpAnswer token = http.call({.method = "GET",
                                            .url = address() + "/auth/v1.0",
                                            .headers = {"X-Storage-User: test:tester", "X-Storage-Pass: testing"}});
    std::vector<std::string> headers{"X-Auth-Token: " + token.headers.at("x-auth-token")};
    if (is_public) headers.emplace_back("X-Container-Read: .r:*");
    require_made(http.call({.method = "PUT", .url = address() + "/v1/AUTH_test/" + name, .headers = headers}));
  }
};

std::string why_no_radosgw() {
  if (std::getenv("INGOT_FULL") == nullptr) return "radosgw is tried with INGOT_FULL=1";
  return std::filesystem::exists("/usr/bin/radosgw") ? "" : "radosgw is not installed (packages radosgw, ceph-mon, ceph-osd)";
}

class Radosgw final : public RealStore {
 public:
  Radosgw() : RealStore({INGOT_SOURCE_DIR "/tests/support/rgw_store"}, why_no_radosgw()) {}
  io::AccessKey key() const override { return {.id = "TESTKEY", .secret = "testing", .session = ""}; }
  std::string public_url(const std::string& bucket) const override { return address() + "/" + bucket + "/"; }

  void make_bucket(const std::string& name, bool is_public) const override {
    put("/" + name, {}, "");
    if (!is_public) return;
    put("/" + name, {{"policy", ""}},
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::)" +
            name + R"(/*"}]})");
  }

 private:
  void put(const std::string& path, const std::map<std::string, std::string>& query, const std::string& body) const {
    io::SystemClock clock;
    const auto request = io::sign_s3({.method = "PUT",
                                      .host = address().substr(std::string("http://").size()),
                                      .path = path,
                                      .query = query,
                                      .headers = {},
                                      .payload = io::sha256(body).hex()},
                                     key(), "us-east-1", clock.now());
    io::CurlHttp http;
    const auto read = [&](std::uint64_t offset, std::span<char> into) { return body.copy(into.data(), into.size(), offset); };
    require_made(http.call(
        {.method = "PUT", .url = address() + request.target, .headers = request.headers, .length = body.size(), .body = read}));
  }
};

}  // namespace

RealStore::RealStore(std::vector<std::string> program, std::string why_not) : why_not_(std::move(why_not)) {
  if (!why_not_.empty()) return;
  const std::string here = folder_ / "store", log = folder_ / "store.log";
  program.push_back(here);
  process_ = std::make_unique<Running>(
      Command{.arguments = std::move(program), .folder = "", .environment = {{"PYTHONDONTWRITEBYTECODE", "1"}}}, log);
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(3);
  while (!std::filesystem::exists(here + "/address")) {
    if (std::filesystem::exists(log) && !read_text(log).empty()) why_not_ = read_text(log);
    if (std::chrono::steady_clock::now() > end && why_not_.empty()) why_not_ = "the store does not answer within three minutes";
    if (!why_not_.empty()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  address_ = read_text(here + "/address");
}

RealStore& swift() {
  static Swift store;
  return store;
}

RealStore& radosgw() {
  static Radosgw store;
  return store;
}

}  // namespace ingot::testing_support
