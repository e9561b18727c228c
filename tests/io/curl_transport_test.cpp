// libcurl against servers that lie, stall and flood: the rows of the list of faults are in the names.
#include <atomic>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "reconciler/io/interrupt.hpp"
#include "schema/error.hpp"
#include "tests/io/curl_stage.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/process.hpp"

namespace ingot::testing_support {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

TEST_F(curl_transport, sends_who_it_is_and_nothing_more) {
  RawServer server(always(raw("200 OK\r\nContent-Length: 2", "ok")));
  EXPECT_EQ(get({server.url()}).status, Status::ok);
  const std::string request = server.requests().at(0);
  EXPECT_THAT(request, HasSubstr("GET /head.dsse HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("User-Agent: ingot/"));
  for (const char* header : {"Accept-Encoding", "Cookie", "Authorization", "Referer", "Range", "If-"})
    EXPECT_THAT(request, Not(HasSubstr(header)));
}

TEST_F(curl_transport, A13_an_endless_body_ends_at_the_limit) {
  std::atomic<std::uint64_t> sent = 0;
  for (const char* headers : {"200 OK\r\nTransfer-Encoding: chunked", "200 OK"}) {
    const bool chunked = std::string(headers).find("chunked") != std::string::npos;
    RawServer server([&](const RawConnection& connection, const std::string&) {
      connection.send("HTTP/1.1 " + std::string(headers) + "\r\n\r\n");
      const std::string block(65'536, 'x');
      while (!connection.over() && connection.send(chunked ? "10000\r\n" + block + "\r\n" : block)) sent += block.size();
    });
    const io::Response response = get({server.url()});
    EXPECT_EQ(response.status, Status::oversize);
    EXPECT_LE(body_.size(), 1000U);
    EXPECT_THAT(response.why, HasSubstr("1000 bytes"));
    EXPECT_EQ(server.requests().size(), 1U) << "not tried again";
  }
  EXPECT_LT(sent, 100'000'000U);
}

TEST_F(curl_transport, A13_a_length_beyond_the_limit_is_not_even_begun) {
  RawServer server(always(raw("200 OK\r\nContent-Length: 1001", std::string(1001, 'x'))));
  EXPECT_EQ(get({server.url()}).status, Status::oversize);
  EXPECT_EQ(body_, "");
}

TEST_F(curl_transport, A14_a_stalled_peer_is_left) {
  const std::vector<std::pair<const char*, std::string>> cases{
      {"silence", ""},
      {"half a header", "HTTP/1.1 200 OK\r\nX: "},
      {"64 bytes", raw("200 OK\r\nContent-Length: 500", std::string(64, 'x'))}};
  options_.retry.attempts = 1;
  for (const auto& [what, bytes] : cases) {
    RawServer server([&bytes = bytes](const RawConnection& connection, const std::string&) {
      connection.send(bytes);
      connection.hold();
    });
    const io::Response response = get({server.url()});
    EXPECT_EQ(response.status, Status::unreachable) << what;
    EXPECT_THAT(response.why, HasSubstr("stalled")) << what;
    EXPECT_EQ(server.requests().size(), 1U) << what;
  }
}

TEST_F(curl_transport, A14_a_stall_is_as_long_as_its_limit) {
  options_.retry.attempts = 1;
  options_.stall_time = std::chrono::hours(24);
  clock_.step = std::chrono::hours(10);
  RawServer server([](const RawConnection& connection, const std::string&) { connection.hold(); });
  EXPECT_THAT(get({server.url()}).why, HasSubstr("stalled"));
  EXPECT_GE(clock_.looks, 4) << "one at the start";
  EXPECT_LE(clock_.looks, 5);
}

TEST_F(curl_transport, ends_a_stalled_transfer_when_it_may_not_go_on) {
  options_.stall_time = std::chrono::hours(24);
  std::atomic<bool> has_begun = false;
  RawServer server([&](const RawConnection& connection, const std::string&) {
    has_begun = true;
    connection.hold();
  });
  io::Request request{.path = "head.dsse", .at_most = 1000};
  request.may_go_on = [&] {
    if (has_begun) throw Error(Fault::local, "enough");
  };
  try {
    get({server.url()}, request);
    FAIL() << "it went on";
  } catch (const Error& error) { EXPECT_EQ(error.text(), "enough"); }
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(curl_transport, A14_a_trickle_is_a_stall_too) {
  options_.retry.attempts = 1;
  RawServer server([](const RawConnection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (!connection.over() && connection.send("x")) std::this_thread::sleep_for(milliseconds(20));
  });
  EXPECT_THAT(get({server.url()}, {.path = "x", .at_most = 100'000}).why, HasSubstr("stalled"));
}

TEST_F(curl_transport, a_slow_reader_is_not_the_peers_fault) {
  RawServer server(always(raw("200 OK\r\nContent-Length: 100", std::string(100, 'x'))));
  io::SystemClock real;
  io::CurlTransport transport(real, options_);
  io::PeerAccess access = access_;
  access.urls = {server.url()};
  access.bandwidth = 100;  // a second: longer than the stall time, slower than the slowest
  EXPECT_EQ(io::fetch(*transport.peer(access), {.path = "x", .at_most = 100}).response.status, Status::ok);
}

TEST_F(curl_transport, a_peers_bandwidth_is_kept) {
  TreeServer server;
  server.put("x", std::string(50'000, 'x'));
  FakeClock fake;
  io::CurlTransport transport(fake, options_);
  io::PeerAccess access = access_;
  access.urls = {server.url()};
  access.bandwidth = 10'000;
  EXPECT_EQ(io::fetch(*transport.peer(access), {.path = "x", .at_most = 50'000}).response.status, Status::ok);
  EXPECT_GE(fake.slept(), milliseconds(4500));
}

TEST_F(curl_transport, B1_a_cut_body_is_never_whole) {
  const std::vector<std::string> cuts{raw("200 OK\r\nContent-Length: 100", std::string(99, 'x')),
                                      raw("200 OK\r\nContent-Length: 100", ""),
                                      raw("200 OK\r\nTransfer-Encoding: chunked", "5\r\nhello\r\n"),
                                      raw("200 OK\r\nTransfer-Encoding: chunked", "5\r\nhel"),
                                      "HTTP/1.1 200 OK\r\nContent-Le",
                                      ""};
  for (const auto& answer : cuts) {
    RawServer server(always(answer));
    EXPECT_EQ(get({server.url()}).status, Status::unreachable) << answer;
    EXPECT_EQ(server.requests().size(), 3U) << "tried three times: " << answer;
  }
}

TEST_F(curl_transport, B1_a_body_without_a_length_says_so) {
  RawServer server(always(raw("200 OK", "cut?")));
  const io::Response response = get({server.url()});
  EXPECT_EQ(response.status, Status::ok);
  EXPECT_FALSE(response.length_known);
}

TEST_F(curl_transport, B2_lengths_that_lie_are_errors) {
  for (const char* headers : {"200 OK\r\nContent-Length: -5", "200 OK\r\nContent-Length: 99999999999999999999999",
                              "200 OK\r\nContent-Length: 5\r\nContent-Length: 6", "200 OK\r\nContent-Length: x"}) {
    RawServer server(always(raw(headers, "hello")));
    EXPECT_EQ(get({server.url()}).status, Status::unreachable) << headers;
    EXPECT_EQ(body_, "") << headers;
  }
}

TEST_F(curl_transport, B2_what_comes_behind_the_length_is_not_taken) {
  RawServer server(always(raw("200 OK\r\nContent-Length: 5", "hello and more")));
  EXPECT_EQ(get({server.url()}).status, Status::ok);
  EXPECT_EQ(body_, "hello");
}

TEST_F(curl_transport, B3_B4_ranges_must_be_exact) {
  const io::Request request{.path = "b/x", .at_most = 5, .offset = 10, .length = 5};
  const std::vector<std::string> lies{
      raw("200 OK\r\nContent-Length: 100", std::string(100, 'x')),
      raw("206 P\r\nContent-Length: 5\r\nContent-Range: bytes 0-4/100", "hello"),
      raw("206 P\r\nContent-Length: 5", "hello"),
      raw("206 P\r\nContent-Length: 4\r\nContent-Range: bytes 10-14/100", "hell"),
      raw("206 P\r\nContent-Type: multipart/byteranges; boundary=x\r\nContent-Length: 5", "--x\r\n"),
      raw("416 No\r\nContent-Length: 0", ""),
      raw("206 P\r\nContent-Range: bytes 10-14/100", "hello world")};
  for (const auto& answer : lies) {
    RawServer server(always(answer));
    EXPECT_EQ(get({server.url()}, request).status, Status::wrong_range) << answer;
  }
  RawServer honest(always(raw("206 P\r\nContent-Length: 5\r\nContent-Range: bytes 10-14/100", "hello")));
  EXPECT_EQ(get({honest.url()}, request).status, Status::ok);
  EXPECT_THAT(honest.requests().at(0), HasSubstr("Range: bytes=10-14\r\n"));
}

TEST_F(curl_transport, B5_a_retry_after_a_cut_begins_anew) {
  std::atomic<int> count = 0;
  RawServer server([&](const RawConnection& connection, const std::string&) {
    connection.send(raw("200 OK\r\nContent-Length: 6", ++count == 1 ? "abc" : "abcdef"));
  });
  EXPECT_EQ(get({server.url()}).status, Status::ok);
  EXPECT_EQ(body_, "abcdef");
  EXPECT_EQ(restarts_, 1);
}

TEST_F(curl_transport, B6_a_304_that_nobody_asked_for_is_no_answer) {
  RawServer server(always(raw("304 Not Modified\r\nETag: \"x\"", "")));
  EXPECT_EQ(get({server.url()}).status, Status::unreachable);
  EXPECT_EQ(get({server.url()}, {.path = "x", .at_most = 5, .if_none_match = "\"x\""}).status, Status::not_modified);
}

TEST_F(curl_transport, B7_validators_that_would_inject_headers_are_not_sent) {
  RawServer server(always(raw("200 OK\r\nContent-Length: 0", "")));
  get({server.url()},
      {.path = "x", .at_most = 5, .if_none_match = "\"a\"\r\nX-Evil: 1", .if_modified_since = std::string(300, 'x')});
  EXPECT_THAT(server.requests().at(0), Not(HasSubstr("Evil")));
  EXPECT_THAT(server.requests().at(0), Not(HasSubstr("If-")));
}

TEST_F(curl_transport, B8_other_protocols_are_refused) {
  for (const char* url : {"ftp://127.0.0.1/", "gopher://127.0.0.1/", "scp://127.0.0.1/", "dict://127.0.0.1/", "//127.0.0.1/", "",
                          "x", "javascript:alert(1)/", "smb://127.0.0.1/", "ldap://127.0.0.1/", "http://"}) {
    EXPECT_EQ(get({url}).status, Status::refused) << url;
  }
}

TEST_F(curl_transport, B8_B9_redirects_are_not_followed) {
  TreeServer victim;
  victim.put("head.dsse", "stolen");
  for (const std::string& location :
       {std::string("file:///etc/passwd"), std::string("ftp://127.0.0.1/"), victim.url() + "head.dsse"}) {
    for (const int status : {301, 302, 303, 307, 308}) {
      RawServer server(always(raw(std::to_string(status) + " Go\r\nContent-Length: 0\r\nLocation: " + location, "")));
      const io::Response response = get({server.url()});
      EXPECT_EQ(response.status, Status::refused);
      EXPECT_THAT(response.why, HasSubstr("redirects"));
    }
  }
  EXPECT_TRUE(victim.asked().empty());
}

TEST_F(curl_transport, B9_plain_http_goes_to_loopback_addresses_alone) {
  // 192.0.2.0/24 is for documentation: nothing is there, and nothing may be tried.
  for (const char* url : {"http://192.0.2.1/", "http://[2001:db8::1]/", "http://[::ffff:192.0.2.1]/", "http://3221225985/"}) {
    const io::Response response = get({url});
    EXPECT_EQ(response.status, Status::refused) << url << " " << response.why;
    EXPECT_THAT(response.why, HasSubstr("allow_http")) << url;
  }
  EXPECT_EQ(clock_.slept, 0) << "and not tried again";
}

TEST_F(curl_transport, B9_other_spellings_of_loopback_are_loopback) {
  TreeServer server;
  server.put("head.dsse", "ok");
  const std::string port = server.url().substr(server.url().rfind(':'));
  for (const char* host : {"127.0.0.1", "127.1", "0x7f.1", "2130706433", "localhost"})
    EXPECT_EQ(get({"http://" + std::string(host) + port}).status, Status::ok) << host;
}

TEST_F(curl_transport, B12_a_compressed_answer_is_refused_with_the_reason) {
  RawServer server(always(raw("200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5", "hello")));
  const io::Response response = get({server.url()});
  EXPECT_EQ(response.status, Status::refused);
  EXPECT_THAT(response.why, HasSubstr("Content-Encoding"));
  EXPECT_EQ(body_, "");
}

TEST_F(curl_transport, B15_random_failures_are_overcome) {
  std::atomic<int> count = 0;
  TreeServer server;
  server.put("head.dsse", "right");
  server.instead("*", [&](const Asked&) {
    return ++count % 3 != 0 ? Answer{503, "busy", "text/plain", {}} : Answer{200, "right", "text/plain", {}};
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(get({server.url()}).status, Status::ok);
    EXPECT_EQ(body_, "right");
  }
}

TEST_F(curl_transport, B15_retry_after_is_kept_within_bounds) {
  RawServer server(always(raw("503 Busy\r\nRetry-After: 60\r\nContent-Length: 0", "")));
  EXPECT_EQ(get({server.url()}).status, Status::unreachable);
  EXPECT_EQ(clock_.slept, 120'000) << "twice a minute, then it gives up";
  EXPECT_EQ(server.requests().size(), 3U);
  RawServer longer(always(raw("503 Busy\r\nRetry-After: 1000000000\r\nContent-Length: 0", "")));
  EXPECT_EQ(get({longer.url()}).status, Status::unreachable);
  EXPECT_EQ(longer.requests().size(), 1U) << "so long nobody waits";
  EXPECT_EQ(clock_.slept, 120'000);
}

TEST_F(curl_transport, B15_what_will_not_change_is_not_tried_again) {
  for (const char* status : {"404 No", "410 Gone", "403 No", "401 No", "400 Bad", "204 Nothing"}) {
    RawServer server(always(raw(std::string(status) + "\r\nContent-Length: 0", "")));
    EXPECT_NE(get({server.url()}).status, Status::ok);
    EXPECT_EQ(server.requests().size(), 1U) << status;
  }
  EXPECT_EQ(clock_.slept, 0);
}

TEST_F(curl_transport, B16_a_flood_of_headers_ends) {
  RawServer server([](const RawConnection& connection, const std::string&) {
    connection.send("HTTP/1.1 200 OK\r\n");
    const std::string line = "X-Flood: " + std::string(1000, 'x') + "\r\n";
    while (!connection.over() && connection.send(line)) {}
  });
  const io::Response response = get({server.url()});
  EXPECT_EQ(response.status, Status::unreachable);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(curl_transport, HTTP_0_9_is_no_answer) {
  RawServer server(always("hello, I am old\n"));
  EXPECT_EQ(get({server.url()}).status, Status::unreachable);
  EXPECT_EQ(body_, "");
}

TEST_F(curl_transport, an_error_page_never_reaches_the_reader) {
  RawServer server(always(raw("404 Not Found\r\nContent-Length: 5", "<html")));
  EXPECT_EQ(get({server.url()}).status, Status::not_found);
  EXPECT_EQ(body_, "");
  RawServer endless([](const RawConnection& connection, const std::string&) {
    connection.send("HTTP/1.1 404 Not Found\r\n\r\n");
    while (!connection.over() && connection.send(std::string(10'000, 'x'))) {}
  });
  EXPECT_EQ(get({endless.url()}).status, Status::not_found);
}

TEST_F(curl_transport, the_next_url_is_tried_and_then_kept) {
  TreeServer good;
  good.put("head.dsse", "ok");
  RawServer bad(always(raw("500 Broken\r\nContent-Length: 0", "")));
  access_.urls = {bad.url(), good.url()};
  auto peer = transport().peer(access_);
  for (int i = 0; i < 5; ++i) {
    const io::Fetched fetched = io::fetch(*peer, {.path = "head.dsse", .at_most = 10});
    EXPECT_EQ(fetched.body, "ok");
    EXPECT_EQ(fetched.response.url, good.url());
  }
  EXPECT_EQ(bad.requests().size(), 3U) << "a dead URL costs its time once";
}

TEST_F(curl_transport, all_urls_reasons_are_told) {
  RawServer broken(always(raw("500 Broken\r\nContent-Length: 0", "")));
  RawServer empty(always(raw("404 No\r\nContent-Length: 0", "")));
  const io::Response response = get({broken.url(), empty.url()});
  EXPECT_EQ(response.status, Status::not_found) << "an answer says more than none";
  EXPECT_THAT(response.why, HasSubstr(broken.url() + "head.dsse: it answers 500"));
  EXPECT_THAT(response.why, HasSubstr(empty.url() + "head.dsse: not there"));
  EXPECT_EQ(get({}).status, Status::refused);
}

TEST_F(curl_transport, a_closed_port_is_unreachable_after_three_tries) {
  const int port = free_port();
  const io::Response response = get({"http://127.0.0.1:" + std::to_string(port) + "/"});
  EXPECT_EQ(response.status, Status::unreachable);
  EXPECT_THAT(response.why, HasSubstr("127.0.0.1"));
  EXPECT_GE(clock_.slept, 700);
  EXPECT_LE(clock_.slept, 3000);
}

TEST_F(curl_transport, K7_an_interrupt_ends_a_stalled_transfer_long_before_its_time) {
  options_.stall_time = std::chrono::hours(24);  // what does not end at once ends no test
  RawServer server([](const RawConnection& connection, const std::string&) {
    io::pretend_interrupted(SIGTERM);
    connection.hold();
  });
  EXPECT_THROW(get({server.url()}), Error);
  io::pretend_interrupted(0);
}

TEST_F(curl_transport, connections_are_used_again) {
  TreeServer server;
  server.put("head.dsse", "ok");
  access_.urls = {server.url()};
  const auto peer = transport().peer(access_);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(io::fetch(*peer, {.path = "head.dsse", .at_most = 10}).body, "ok");
  EXPECT_EQ(io::fetch(*peer, {.path = "gone", .at_most = 10}).response.status, Status::not_found);
  EXPECT_EQ(io::fetch(*peer, {.path = "head.dsse", .at_most = 10}).body, "ok");
  const auto asked = server.asked();
  for (const auto& question : asked) EXPECT_EQ(question.client_port, asked.at(0).client_port);
}

}  // namespace
}  // namespace ingot::testing_support
