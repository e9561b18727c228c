#include "tests/contracts/transport_contract.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "reconciler/io/interrupt.hpp"
#include "schema/error.hpp"

namespace ingot::testing_support {

namespace {

using Status = io::Response::Status;

std::string large_body() {
  std::string body(3'000'000, '\0');
  std::uint32_t state = 1;
  for (auto& byte : body) byte = static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24U);
  return body;
}

const std::map<std::string, std::string> tree{{"head.dsse", "the head"}, {"c/empty", ""}, {"b/large", large_body()}};

io::Request whole(const std::string& path, std::uint64_t at_most = 10'000'000) { return {.path = path, .at_most = at_most}; }
io::Request range(const std::string& path, std::uint64_t offset, std::uint64_t length) {
  return {.path = path, .at_most = length, .offset = offset, .length = length};
}

}  // namespace

TEST_P(transport_contract, gets_whole_files) {
  const auto served = GetParam().make(tree);
  for (const auto& [path, bytes] : tree) {
    const io::Fetched fetched = io::fetch(served->peer(), whole(path));
    ASSERT_EQ(fetched.response.status, Status::ok) << fetched.response.why;
    EXPECT_TRUE(fetched.body == bytes) << path;
    EXPECT_EQ(fetched.response.bytes, bytes.size());
    EXPECT_EQ(fetched.response.why, "");
    EXPECT_TRUE(fetched.response.length_known);
    EXPECT_FALSE(fetched.response.url.empty());
  }
}

TEST_P(transport_contract, takes_just_as_much_as_it_may) {
  const auto served = GetParam().make(tree);
  EXPECT_EQ(io::fetch(served->peer(), whole("head.dsse", 8)).body, "the head");
  const io::Fetched small = io::fetch(served->peer(), whole("head.dsse", 7));
  EXPECT_EQ(small.response.status, Status::oversize);
  EXPECT_EQ(small.body, "");
  std::uint64_t given = 0;
  const auto count = [&](std::string_view bytes) {
    given += bytes.size();
    return true;
  };
  EXPECT_EQ(served->peer().get(whole("b/large", 100'000), count, [&] { given = 0; }).status, Status::oversize);
  EXPECT_LE(given, 100'000U);
}

TEST_P(transport_contract, what_is_not_there_is_not_found) {
  const auto served = GetParam().make(tree);
  const io::Fetched fetched = io::fetch(served->peer(), whole("c/gone"));
  EXPECT_EQ(fetched.response.status, Status::not_found);
  EXPECT_NE(fetched.response.why, "");
  EXPECT_EQ(fetched.body, "");
}

TEST_P(transport_contract, gets_ranges_exactly) {
  const auto served = GetParam().make(tree);
  const std::string& body = tree.at("b/large");
  for (const auto& [offset, length] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {0, 1}, {0, body.size()}, {1'000'000, 1'000'000}, {body.size() - 1, 1}}) {
    const io::Fetched fetched = io::fetch(served->peer(), range("b/large", offset, length));
    ASSERT_EQ(fetched.response.status, Status::ok) << fetched.response.why;
    EXPECT_TRUE(fetched.body == body.substr(offset, length)) << offset;
  }
}

TEST_P(transport_contract, a_range_that_is_not_there_is_a_wrong_range) {
  const auto served = GetParam().make(tree);
  for (const auto& [offset, length] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{{7, 2}, {8, 1}, {100, 5}, {0, 9}}) {
    EXPECT_EQ(io::fetch(served->peer(), range("head.dsse", offset, length)).response.status, Status::wrong_range)
        << offset << "+" << length;
  }
}

TEST_P(transport_contract, an_unchanged_file_is_not_sent_again) {
  const auto served = GetParam().make(tree);
  if (!served->knows_conditions()) GTEST_SKIP() << "a disk answers no conditions";
  const io::Fetched first = io::fetch(served->peer(), whole("head.dsse"));
  ASSERT_NE(first.response.etag, "");
  io::Request again = whole("head.dsse");
  again.if_none_match = first.response.etag;
  again.if_modified_since = first.response.last_modified;
  again.no_cache = true;
  const io::Fetched second = io::fetch(served->peer(), again);
  EXPECT_EQ(second.response.status, Status::not_modified) << second.response.why;
  EXPECT_EQ(second.response.bytes, 0U);
  again.if_none_match = "\"another\"";
  again.if_modified_since = "";
  EXPECT_EQ(io::fetch(served->peer(), again).body, "the head");
}

TEST_P(transport_contract, a_reader_that_wants_no_more_ends_it_with_no_second_try) {
  const auto served = GetParam().make(tree);
  int calls = 0;
  int restarts = 0;
  const io::Response response = served->peer().get(
      whole("b/large"),
      [&](std::string_view) {
        ++calls;
        return false;
      },
      [&] { ++restarts; });
  EXPECT_EQ(response.status, Status::unreachable);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(restarts, 0);
}

TEST_P(transport_contract, what_the_reader_throws_comes_out) {
  const auto served = GetParam().make(tree);
  const auto throwing = [](std::string_view) -> bool { throw std::logic_error("mine"); };
  EXPECT_THROW(served->peer().get(whole("b/large"), throwing, [] {}), std::logic_error);
  EXPECT_EQ(io::fetch(served->peer(), whole("head.dsse")).body, "the head") << "and it still works";
}

TEST_P(transport_contract, an_interrupt_ends_it) {
  const auto served = GetParam().make(tree);
  io::pretend_interrupted(2);
  EXPECT_THROW(io::fetch(served->peer(), whole("head.dsse")), Error);
  io::pretend_interrupted(0);
  EXPECT_EQ(io::fetch(served->peer(), whole("head.dsse")).body, "the head");
}

TEST_P(transport_contract, serves_many_threads_at_once) {
  const auto served = GetParam().make(tree);
  const std::string& body = tree.at("b/large");
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 10; ++i) {
          const auto offset = static_cast<std::uint64_t>(thread * 10 + i) * 30'000;
          if (io::fetch(served->peer(), range("b/large", offset, 30'000)).body == body.substr(offset, 30'000)) ++right;
        }
      });
    }
  }
  EXPECT_EQ(right, 80);
}

}  // namespace ingot::testing_support
