// HTTP requests by libcurl: one connection for each request under way, kept for the next.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "reconciler/io/net/http_client.hpp"
#include "reconciler/io/net/throttle.hpp"

namespace ingot::io {

struct CurlHttpOptions {
  std::string ca_file = {};                           ///< "": the system's certificates
  std::chrono::milliseconds connect_timeout{10'000};  ///< name, connection and TLS together
  std::chrono::seconds stall_time{60};                ///< so long nothing may move
  /// A request may take so long, and as long as its body and the longest answer take at the slowest rate; not counted is what the
  /// throttle takes.
  std::chrono::milliseconds allowance{60'000};
  std::uint64_t slowest = 8 * 1024;                     ///< bytes per second
  std::optional<std::chrono::milliseconds> whole = {};  ///< nor longer than this, from its beginning to its end
  Throttle* throttle = nullptr;                         ///< of the bodies that are sent; outlives the client; null: no limit
};

class CurlHttp final : public HttpClient {
 public:
  explicit CurlHttp(CurlHttpOptions options = {});
  ~CurlHttp() override;
  HttpAnswer call(const HttpCall& call) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot::io
