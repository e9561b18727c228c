#include "reconciler/io/net/response_headers.hpp"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace ingot::response_headers_test {
namespace {

using Status = io::Response::Status;

io::ResponseHeaders headers_of(std::initializer_list<std::string> lines) {
  io::ResponseHeaders headers;
  for (const auto& line : lines) EXPECT_TRUE(headers.take(line + "\r\n"));
  return headers;
}

io::Request range(std::uint64_t offset, std::uint64_t length) {
  return {.path = "b/x", .at_most = length, .offset = offset, .length = length};
}

TEST(response_headers, an_interim_answer_leaves_nothing_behind) {
  const auto headers =
      headers_of({"HTTP/1.1 103 Early Hints", "ETag: \"old\"", "Content-Length: 5", "", "HTTP/1.1 200 OK", "eTaG:  \"new\" "});
  EXPECT_EQ(headers.status, 200);
  EXPECT_EQ(headers.etag, "\"new\"");
  EXPECT_EQ(headers.content_length, std::nullopt);
}

TEST(response_headers, are_complete_with_the_empty_line) {
  EXPECT_FALSE(headers_of({"HTTP/1.1 200 OK", "X: y"}).complete);
  EXPECT_TRUE(headers_of({"HTTP/1.1 200 OK", "X: y", ""}).complete);
  EXPECT_FALSE(headers_of({"HTTP/1.1 100 Continue", "", "HTTP/1.1 200 OK"}).complete);
}

TEST(response_headers, B7_odd_validators_are_dropped) {
  EXPECT_EQ(headers_of({"ETag: " + std::string(256, 'x')}).etag.size(), 256U);
  EXPECT_EQ(headers_of({"ETag: " + std::string(257, 'x')}).etag, "");
  EXPECT_EQ(headers_of({"ETag: \"a\x01\""}).etag, "");
  EXPECT_EQ(headers_of({"Last-Modified: \xff"}).last_modified, "");
  EXPECT_EQ(io::clean_validator("a\r\nX-Evil: 1"), "");
  EXPECT_EQ(headers_of({"ETag: W/\"weak\""}).etag, "W/\"weak\"");
}

TEST(response_headers, B2_lengths_that_make_no_sense_are_noticed) {
  EXPECT_FALSE(headers_of({"Content-Length: 5", "Content-Length: 5"}).contradictory);
  EXPECT_TRUE(headers_of({"Content-Length: 5", "Content-Length: 6"}).contradictory);
  for (const char* bad : {"-5", "5x", "", "99999999999999999999999", "0x10", "+5", "9223372036854775808"}) {
    EXPECT_TRUE(headers_of({std::string("Content-Length: ") + bad}).contradictory) << bad;
  }
}

TEST(response_headers, B16_all_lines_together_are_bounded) {
  io::ResponseHeaders headers;
  const std::string line = "X: " + std::string(1021, 'x');
  for (std::size_t i = 0; i < io::most_header_bytes / 1024; ++i) EXPECT_TRUE(headers.take(line));
  EXPECT_FALSE(headers.take("x"));
  io::ResponseHeaders interim;
  bool fits = true;
  for (int i = 0; i < 10'000 && fits; ++i) fits = interim.take("HTTP/1.1 100 Continue\r\n");
  EXPECT_FALSE(fits) << "interim answers without end are counted too";
}

TEST(response_headers, B4_a_range_is_just_the_one_that_was_asked_for) {
  const auto verdict = [](const std::string& content_range, const io::Request& request) {
    return io::judge_headers(headers_of({"HTTP/1.1 206 Partial", "Content-Range: " + content_range}), request);
  };
  EXPECT_EQ(verdict("bytes 10-19/100", range(10, 10)), std::nullopt);
  EXPECT_EQ(verdict("bytes 10-19/*", range(10, 10)), std::nullopt);
  EXPECT_EQ(verdict("bytes 10-99/100", io::Request{.path = "x", .at_most = 100, .offset = 10}), std::nullopt);
  for (const char* bad :
       {"bytes 0-9/100", "bytes 10-18/100", "bytes 10-20/100", "bytes 10-19/15", "bytes 19-10/100", "items 10-19/100",
        "bytes 10-19", "bytes */100", "", "bytes 10-19/x", "bytes -19/100", "bytes 10-/100", "bytes 10/19-100"}) {
    const auto wrong = verdict(bad, range(10, 10));
    ASSERT_TRUE(wrong) << bad;
    EXPECT_EQ(wrong->status, Status::wrong_range) << bad;
  }
  EXPECT_TRUE(verdict("bytes 10-98/100", io::Request{.path = "x", .at_most = 100, .offset = 10}));
}

TEST(response_headers, B3_a_whole_answer_to_a_range_is_none) {
  EXPECT_EQ(io::judge_headers(headers_of({"HTTP/1.1 200 OK"}), range(0, 5))->status, Status::wrong_range);
  EXPECT_EQ(io::judge_headers(headers_of({"HTTP/1.1 206 Partial", "Content-Range: bytes 0-4/10"}),
                              io::Request{.path = "x", .at_most = 10})
                ->status,
            Status::wrong_range);
}

TEST(response_headers, tells_what_is_worth_another_try) {
  const auto verdict = [](int status) {
    return *io::judge_headers(headers_of({"HTTP/1.1 " + std::to_string(status) + " X"}), io::Request{.path = "x", .at_most = 10});
  };
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    EXPECT_EQ(verdict(status).status, Status::unreachable) << status;
    EXPECT_TRUE(verdict(status).retry) << status;
  }
  for (const int status : {404, 410}) EXPECT_EQ(verdict(status).status, Status::not_found) << status;
  for (const int status : {301, 302, 303, 307, 308, 300, 401, 403, 407})
    EXPECT_EQ(verdict(status).status, Status::refused) << status;
  for (const int status : {204, 400, 418, 304, 0}) {
    EXPECT_EQ(verdict(status).status, Status::unreachable) << status;
    EXPECT_FALSE(verdict(status).retry) << status;
  }
}

TEST(response_headers, B12_compressed_answers_are_refused) {
  for (const char* coding : {"gzip", "br", "GZIP", "identity, gzip", "x"}) {
    const auto wrong = io::judge_headers(headers_of({"HTTP/1.1 200 OK", std::string("Content-Encoding: ") + coding}),
                                         io::Request{.path = "x", .at_most = 10});
    ASSERT_TRUE(wrong) << coding;
    EXPECT_EQ(wrong->status, Status::refused) << coding;
  }
  EXPECT_EQ(
      io::judge_headers(headers_of({"HTTP/1.1 200 OK", "Content-Encoding: identity"}), io::Request{.path = "x", .at_most = 10}),
      std::nullopt);
}

RC_GTEST_PROP(response_headers, survives_any_lines, ()) {
  io::ResponseHeaders headers;
  const auto lines = *rc::gen::container<std::vector<std::string>>(rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
  for (const auto& line : lines) headers.take(line);
  io::judge_headers(headers, range(1, 2));
}

}  // namespace
}  // namespace ingot::response_headers_test
