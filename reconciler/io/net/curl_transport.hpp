// Peers over https and http by libcurl, and on mounted disks (file://). No redirects, no cookies, no netrc, no content
// decoding; TLS is always verified; what arrives is counted here: libcurl's own limits do not stop an endless body.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/io/clock.hpp"
#include "reconciler/io/net/retry.hpp"
#include "reconciler/io/net/transport.hpp"

namespace ingot::io {

struct CurlOptions {
  std::chrono::milliseconds connect_timeout{10'000};  ///< name, connection and TLS together
  std::chrono::milliseconds stall_time{30'000};       ///< less than `slowest` over so long ends a transfer
  std::uint64_t slowest = 1024;                       ///< bytes per second
  RetryRules retry;
  std::optional<std::uint32_t> seed;  ///< of the jitter; nullopt: random
};

class CurlTransport final : public Transport {
 public:
  /// `clock` outlives it and every PeerTransport it made.
  explicit CurlTransport(Clock& clock, CurlOptions options = {});
  ~CurlTransport() override;
  std::unique_ptr<PeerTransport> peer(const PeerAccess& access) override;

 private:
  Clock& clock_;
  CurlOptions options_;
};

/// What the libcurl that is loaded can do.
struct CurlBuild {
  std::string version;                ///< "7.88.1"
  std::string tls;                    ///< "OpenSSL/3.0.22"; "": none
  std::vector<std::string> features;  ///< of "file", "http", "http2", "https", as far as they concern peers
};
CurlBuild curl_build();

}  // namespace ingot::io
