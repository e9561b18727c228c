// Requests by libcurl: how long they may take. What a store does with them is in tests/contracts/bucket_contract.
#include "reconciler/io/net/curl_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/clock.hpp"
#include "tests/support/raw_server.hpp"

namespace ingot::io {
namespace {

using testing_support::RawConnection;
using testing_support::RawServer;

constexpr const char* done = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

TEST(curl_http, a_server_that_drips_is_given_up) {
  RawServer server([](const RawConnection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
    while (!connection.over() && connection.send("x")) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  });
  CurlHttp http({.allowance = std::chrono::milliseconds(300), .slowest = 1024 * 1024});
  const auto begun = std::chrono::steady_clock::now();
  const HttpAnswer answer = http.call({.method = "GET", .url = server.url(), .headers = {}});
  EXPECT_EQ(answer.status, 0);
  EXPECT_TRUE(answer.again);
  EXPECT_THAT(answer.why, testing::HasSubstr("too slow"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
}

TEST(curl_http, a_long_body_may_take_longer) {
  RawServer server([](const RawConnection& connection, const std::string&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    connection.send(done);
  });
  CurlHttp http({.allowance = std::chrono::milliseconds(100), .slowest = 1024});
  EXPECT_EQ(http.call({.method = "GET", .url = server.url(), .headers = {}, .at_most = 1024 * 1024}).status, 200);
}

TEST(curl_http, the_time_in_the_throttle_is_not_the_servers) {
  RawServer server([](const RawConnection& connection, const std::string&) { connection.send(done); });
  SystemClock clock;
  Throttle throttle(clock, 1000);
  CurlHttp http({.allowance = std::chrono::milliseconds(500), .slowest = 1024 * 1024, .throttle = &throttle});
  const auto body = [](std::uint64_t, std::span<char> into) {
    into[0] = 'x';
    return std::size_t{1};
  };
  throttle.take(2000);
  EXPECT_EQ(http.call({.method = "PUT", .url = server.url(), .headers = {}, .length = 1, .body = body}).status, 200);
}

}  // namespace
}  // namespace ingot::io
