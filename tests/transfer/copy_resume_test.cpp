// Going on with a copy: what is right here is kept, only what misses or is damaged is fetched, however the last run ended.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/transfer/fetch_session.hpp"
#include "schema/error.hpp"
#include "tests/transfer/copying.hpp"

namespace ingot::copy_resume_test {
namespace {

using namespace copying;
using testing::HasSubstr;

TEST_F(Copy, R31_resumes_within_every_segment_with_just_what_misses) {
  for (std::size_t killed_in = 0; killed_in < table.segments.size(); ++killed_in) {
    fs::remove(partial);
    std::uint64_t came = 0;
    // The process is interrupted in the middle of a segment.
    fault_in_bytes([&](std::size_t) {
      FakeFault fault;
      fault.at_bytes = [&, killed_in](std::size_t given) {
        came = given;
        if (given >= offset_of(killed_in) + 1'000'000) io::pretend_interrupted(2);
      };
      return fault;
    });
    EXPECT_THROW(copy(), Error);
    io::pretend_interrupted(0);
    peer.fault = nullptr;
    peer.forget();
    EXPECT_EQ(code(), "done") << text;
    EXPECT_TRUE(is_whole());
    EXPECT_GT(came, offset_of(killed_in));
    // Zeros at the end of what came are not told from room that was only reserved.
    const std::uint64_t offset = byte_requests()[0].offset.value_or(0);
    EXPECT_LE(offset, came) << "within segment " << killed_in;
    EXPECT_GE(offset + 8, came) << "within segment " << killed_in;
    EXPECT_EQ(peer.bytes_given() - job.packed.table->length, packed.size() - offset);
  }
}

TEST_F(Copy, R31_comes_to_an_end_in_one_run_though_every_answer_ends_within_a_segment) {
  for (const int connections : {1, 3}) {
    fs::remove(partial);
    peer.forget();
    job.connections = connections;
    fault_in_bytes([&](std::size_t) {
      FakeFault fault;
      fault.cut_after = 700'000;
      fault.status = io::Response::Status::unreachable;
      return fault;
    });
    EXPECT_EQ(code(), "done") << text;
    EXPECT_TRUE(is_whole());
    EXPECT_EQ(peer.bytes_given(), packed.size() + job.packed.table->length) << "nothing came twice";
  }
}

TEST_F(Copy, R31_keeps_what_came_of_a_peer_that_gives_too_little_at_a_time) {
  fault_in_bytes([&](std::size_t) {
    FakeFault fault;
    fault.cut_after = 1000;
    fault.length_known = false;
    return fault;
  });
  for (std::uint64_t run = 0; run < 3; ++run) {
    peer.forget();
    EXPECT_EQ(code(), "unreachable");
    EXPECT_THAT(text, HasSubstr("ended after 1000 bytes"));
    ASSERT_EQ(byte_requests().size(), 3U);
    EXPECT_EQ(byte_requests()[0].offset.value_or(0), run * 3000) << "each run gains";
  }
  peer.fault = nullptr;
  EXPECT_EQ(code(), "done") << text;
}

TEST_F(Copy, R31_fetches_a_segment_anew_whose_beginning_is_wrong_here) {
  // What a power cut leaves: a hole in what had come.
  std::string left = packed.substr(0, offset_of(1) + 2'000'000);
  left.replace(offset_of(1) + 500'000, 4096, std::string(4096, '\0'));
  write_text(partial, left);
  EXPECT_EQ(code(), "done") << text;
  EXPECT_TRUE(is_whole());
  ASSERT_EQ(byte_requests().size(), 2U);
  EXPECT_EQ(byte_requests()[0].offset, offset_of(1) + 2'000'000);
  EXPECT_EQ(byte_requests()[1].offset, offset_of(1));
  EXPECT_EQ(byte_requests()[1].length, table.segments[1].packed);

  // A wrong segment that is whole is no beginning, not even after the next run was cut within it.
  fs::remove(partial);
  left = packed;
  left[offset_of(1) + 3'000'000] ^= 1;
  write_text(partial, left);
  peer.forget();
  fault_in_bytes([&](std::size_t) {
    FakeFault fault;
    fault.cut_after = 1'000'000;
    fault.status = io::Response::Status::refused;
    return fault;
  });
  EXPECT_EQ(code(), "unreachable");
  peer.fault = nullptr;
  peer.forget();
  EXPECT_EQ(code(), "done") << text;
  ASSERT_EQ(byte_requests().size(), 1U);
  EXPECT_EQ(byte_requests()[0].offset, offset_of(1) + 1'000'000);
}

TEST_F(Copy, fetches_only_the_segments_that_are_damaged_here) {
  ASSERT_EQ(code(), "done");
  std::string damaged = packed;
  damaged[offset_of(1) + 5] ^= 1;
  damaged[offset_of(3) + 5] ^= 1;
  write_text(partial, damaged + "longer than it may be");
  peer.forget();
  EXPECT_EQ(code(), "done") << text;
  EXPECT_TRUE(is_whole());
  ASSERT_EQ(byte_requests().size(), 2U);
  EXPECT_EQ(byte_requests()[0].offset, offset_of(1));
  EXPECT_EQ(byte_requests()[0].length, table.segments[1].packed);
  EXPECT_EQ(byte_requests()[1].offset, offset_of(3));
}

TEST_F(Copy, asks_for_nothing_but_the_table_if_all_is_here) {
  ASSERT_EQ(code(), "done");
  peer.forget();
  const auto result = copy();
  ASSERT_TRUE(std::holds_alternative<transfer::CopyDone>(result));
  EXPECT_EQ(std::get<transfer::CopyDone>(result).fetched, job.packed.table->length) << "the table is asked for in every run";
  EXPECT_EQ(peer.requests().size(), 1U);
}

TEST_F(Copy, fetches_a_segment_that_came_wrong_once_more) {
  fault_in_bytes([&](std::size_t number) -> std::optional<FakeFault> {
    if (number > 0) return std::nullopt;
    FakeFault fault;
    fault.wrong_byte = offset_of(2) + 77;
    return fault;
  });
  EXPECT_EQ(code(), "done") << text;
  EXPECT_TRUE(is_whole());
  ASSERT_EQ(byte_requests().size(), 2U);
  EXPECT_EQ(byte_requests()[1].offset, offset_of(2));
  EXPECT_EQ(byte_requests()[1].length, table.segments[2].packed);
}

TEST_F(Copy, does_not_trust_a_segment_that_is_wrong_twice_and_keeps_the_others) {
  peer.files[transfer::object_path(job.packed.file.digest)][offset_of(2) + 77] ^= 1;
  for (const int connections : {1, 2}) {
    fs::remove(partial);
    job.connections = connections;
    EXPECT_EQ(code(), "untrusted");
    EXPECT_THAT(text, HasSubstr("segment 3 of"));
    EXPECT_THAT(text, HasSubstr("http://fake.example/b/"));
  }
  // What was wrong is not here; the rest need not come again.
  peer.files[transfer::object_path(job.packed.file.digest)] = packed;
  peer.forget();
  EXPECT_EQ(code(), "done") << text;
  EXPECT_LT(peer.bytes_given(), 3 * segment_size);
}

TEST_F(Copy, goes_on_after_a_cut_that_looks_like_an_end) {
  fault_in_bytes([&](std::size_t number) -> std::optional<FakeFault> {
    if (number > 1) return std::nullopt;
    FakeFault fault;
    fault.cut_after = 5'000'000;
    fault.length_known = false;
    return fault;
  });
  EXPECT_EQ(code(), "done") << text;
  EXPECT_TRUE(is_whole());
  EXPECT_EQ(byte_requests().size(), 3U);
}

TEST_F(Copy, survives_a_failure_of_every_operation_and_then_ends_as_if_it_had_not_been) {
  peer.piece = 2 * 1024 * 1024;  // fewer writes
  for (const int connections : {1, 2}) {
    job.connections = connections;
    for (std::size_t n = 1;; ++n) {
      fs::remove(partial);
      files.start_over();
      files.fail_at = n;
      const std::string first = code();
      if (files.count() < n) break;
      EXPECT_NE(first, "done") << n;
      files.fail_at = 0;
      EXPECT_EQ(code(), "done") << n << text;
      EXPECT_TRUE(is_whole());
    }
  }
}

TEST_F(Copy, tells_progress_at_the_end_and_counts_what_was_here) {
  write_text(partial, packed.substr(0, offset_of(2)));
  std::vector<transfer::CopyProgress> told;
  job.progress = [&](const transfer::CopyProgress& progress) { told.push_back(progress); };
  ASSERT_EQ(code(), "done");
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().total, packed.size());
  EXPECT_EQ(told.back().here, packed.size());
  EXPECT_EQ(told.back().fetched, packed.size() - offset_of(2) + job.packed.table->length);
}

}  // namespace
}  // namespace ingot::copy_resume_test
