#include "tests/support/swift_store.hpp"

#include <filesystem>
#include <stdexcept>
#include <thread>

#include "reconciler/io/net/curl_http.hpp"

namespace ingot::testing_support {

SwiftStore::SwiftStore() {
  const std::string here = folder_ / "swift", log = folder_ / "swift.log";
  process_ = std::make_unique<Running>(
      Command{.arguments = {"/usr/bin/python3", "-W", "ignore", INGOT_SOURCE_DIR "/tests/support/swift_store.py", here},
              .folder = "",
              .environment = {{"PYTHONDONTWRITEBYTECODE", "1"}}},
      log);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!std::filesystem::exists(here + "/address")) {
    if (std::filesystem::exists(log) && !read_text(log).empty()) why_not_ = read_text(log);
    if (std::chrono::steady_clock::now() > end && why_not_.empty()) why_not_ = "Swift does not answer within a minute";
    if (!why_not_.empty()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  address_ = read_text(here + "/address");
}

void SwiftStore::make_bucket(const std::string& name, bool is_public) const {
  io::CurlHttp http;
  const io::HttpAnswer token = http.call(
      {.method = "GET", .url = address_ + "/auth/v1.0", .headers = {"X-Storage-User: test:tester", "X-Storage-Pass: testing"}});
  std::vector<std::string> headers{"X-Auth-Token: " + token.headers.at("x-auth-token")};
  if (is_public) headers.emplace_back("X-Container-Read: .r:*");
  const io::HttpAnswer made = http.call({.method = "PUT", .url = address_ + "/v1/AUTH_test/" + name, .headers = headers});
  if (made.status / 100 != 2) throw std::runtime_error("no bucket: status " + std::to_string(made.status) + made.why);
}

SwiftStore& swift() {
  static SwiftStore store;
  return store;
}

}  // namespace ingot::testing_support
