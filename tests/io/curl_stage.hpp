// The stage for tests of libcurl: a transport with short time-outs, a clock whose sleeps take no time, and a reader.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/net/curl_transport.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/tree_server.hpp"

namespace ingot::testing_support {

using Status = io::Response::Status;

/// Real time, but sleeps (the back-off) take none and are recorded.
class ImpatientClock final : public io::Clock {
 public:
  Time now() override { return real_.now(); }
  MinuteOfWeek local_minute(Time moment) override { return real_.local_minute(moment); }
  std::chrono::steady_clock::time_point steady() override { return real_.steady() + ++looks * step; }
  void sleep_for(std::chrono::milliseconds duration) override { slept += duration.count(); }
  std::atomic<std::int64_t> slept = 0;
  std::atomic<int> looks = 0;         ///< how often somebody asked for the time that passes
  std::chrono::milliseconds step{0};  ///< that much passes with each look, besides the real time

 private:
  io::SystemClock real_;
};

class curl_transport : public testing::Test {
 protected:
  io::Response get(const std::vector<std::string>& urls, io::Request request = {.path = "head.dsse", .at_most = 1000}) {
    io::PeerAccess access = access_;
    access.urls = urls;
    body_.clear();
    restarts_ = 0;
    return transport().peer(access)->get(
        request,
        [&](std::string_view bytes) {
          body_.append(bytes);
          return true;
        },
        [&] {
          ++restarts_;
          body_.clear();
        });
  }
  io::CurlTransport transport() { return io::CurlTransport(clock_, options_); }
  static std::string raw(const std::string& headers, const std::string& body) {
    return "HTTP/1.1 " + headers + "\r\n\r\n" + body;
  }

  ImpatientClock clock_;
  io::CurlOptions options_{.connect_timeout = std::chrono::milliseconds(2000),
                           .stall_time = std::chrono::milliseconds(600),
                           .slowest = 1024,
                           .retry = {},
                           .seed = 1};
  io::PeerAccess access_{.peer = ServerName::of("fpps-2"), .urls = {}};
  std::string body_;
  int restarts_ = 0;
};

/// Always answers the same bytes, then closes.
inline RawServer::Script always(const std::string& answer) {
  return [answer](const RawConnection& connection, const std::string&) { connection.send(answer); };
}

}  // namespace ingot::testing_support
