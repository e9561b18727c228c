// Servers that hang, allow few connections or ask to wait (R31).
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/io/curl_stage.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::testing_support {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class curl_busy_servers : public curl_transport {
 protected:
  std::unique_ptr<io::PeerTransport> peer(const RawServer& server) {
    access_.urls = {server.url()};
    return transport().peer(access_);
  }
  static io::Response ask(io::PeerTransport& peer, const std::string& path = "b/x", bool resumes = false) {
    return io::fetch(peer, {.path = path, .at_most = 1'000'000, .resumes = resumes}).response;
  }
};

const std::string busy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
const std::string good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_F(curl_busy_servers, R31_one_that_takes_two_connections_gives_everything_by_fewer) {
  std::atomic<int> now = 0;
  std::atomic<int> refused = 0;
  RawServer server([&](const RawConnection& connection, const std::string&) {
    if (++now > 2) ++refused;
    std::this_thread::sleep_for(milliseconds(20));
    connection.send(now > 2 ? busy : good);
    --now;
  });
  const auto patient = peer(server);
  std::atomic<int> came = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 3; ++n) came += ask(*patient).status == Status::ok ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(came, 24);
  EXPECT_GT(refused, 0);
}

TEST_F(curl_busy_servers, R31_one_that_asks_for_an_hour_is_asked_once) {
  for (const char* status : {"429 Too Many", "503 Busy"}) {
    RawServer server(always(raw(std::string(status) + "\r\nRetry-After: 3600\r\nContent-Length: 0", "")));
    const auto patient = peer(server);
    for (int i = 0; i < 3; ++i) {
      const io::Response response = ask(*patient, "b/" + std::to_string(i));
      EXPECT_TRUE(response.failing);
      EXPECT_EQ(response.status, Status::unreachable);
      EXPECT_THAT(response.why, HasSubstr("asks to wait 3600 s (Retry-After)"));
    }
    EXPECT_EQ(server.requests().size(), 1U);
  }
  EXPECT_EQ(clock_.slept, 0);
}

TEST_F(curl_busy_servers, R31_one_that_asks_for_a_moment_gets_it) {
  std::atomic<int> count = 0;
  RawServer server([&](const RawConnection& connection, const std::string&) {
    connection.send(++count == 1 ? raw("429 Slow\r\nRetry-After: 7\r\nContent-Length: 0", "") : good);
  });
  EXPECT_EQ(ask(*peer(server)).status, Status::ok);
  EXPECT_EQ(clock_.slept, 7000);
}

TEST_F(curl_busy_servers, R31_one_that_hangs_is_left_after_three_times) {
  RawServer server([](const RawConnection& connection, const std::string&) { connection.hold(); });
  const auto patient = peer(server);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&, i] { EXPECT_TRUE(ask(*patient, "b/" + std::to_string(i)).failing); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(server.requests().size(), 6U) << "four at once, then one, then one";
  EXPECT_TRUE(ask(*patient, "b/more").failing);
  EXPECT_EQ(server.requests().size(), 6U) << "nothing more is asked";
}

TEST_F(curl_busy_servers, R31_one_that_gives_its_share_and_then_hangs_is_left_after_three_times) {
  RawServer server([](const RawConnection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + std::string(20'000, 'x'));
    connection.hold();
  });
  const auto patient = peer(server);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(*patient, "b/x", true).bytes, 20'000U) << "what came is the caller's";
  EXPECT_TRUE(ask(*patient, "b/x", true).failing);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(curl_busy_servers, R31_one_url_that_fails_leaves_the_others) {
  RawServer bad(always(""));
  RawServer right(always(good));
  access_.urls = {bad.url(), right.url()};
  const auto patient = transport().peer(access_);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(*patient).status, Status::ok);
  EXPECT_EQ(bad.requests().size(), 3U);
}

TEST_F(curl_busy_servers, R31_bytes_that_came_are_not_asked_for_again_by_the_transport) {
  RawServer server(always("HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + std::string(20'000, 'x')));
  const auto patient = peer(server);
  for (int i = 0; i < 5; ++i) {
    const io::Response response = ask(*patient, "b/x", true);
    EXPECT_EQ(response.status, Status::unreachable);
    EXPECT_EQ(response.bytes, 20'000U);
    EXPECT_FALSE(response.failing) << "each time it gave its share";
  }
  EXPECT_EQ(server.requests().size(), 5U);
}

TEST_F(curl_busy_servers, a_token_that_was_renewed_is_read_again) {
  TestFolder folder;
  write_text(folder / "token", "old");
  access_.credentials.token_file = folder / "token";
  RawServer server([&](const RawConnection& connection, const std::string& request) {
    const bool right = request.find("Bearer new\r\n") != std::string::npos;
    connection.send(right ? good : raw("401 No\r\nContent-Length: 0", ""));
  });
  const auto patient = peer(server);
  EXPECT_EQ(ask(*patient).status, Status::refused);
  EXPECT_EQ(server.requests().size(), 1U) << "the same token is not tried again";
  write_text(folder / "token", "");  // being written
  EXPECT_EQ(ask(*patient).status, Status::refused);
  write_text(folder / "token", "new\n");
  EXPECT_EQ(ask(*patient).status, Status::ok);
  EXPECT_EQ(ask(*patient).status, Status::ok);
  EXPECT_EQ(server.requests().size(), 5U) << "from then on with the new one";
}

}  // namespace
}  // namespace ingot::testing_support
