// Copying: fetches only what misses, keeps only what is right, says which side failed.
#include "reconciler/transfer/copy_image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/threads.hpp"
#include "reconciler/transfer/fetch_session.hpp"
#include "schema/error.hpp"
#include "tests/transfer/copying.hpp"

namespace ingot::copy_image_test {
namespace {

using namespace copying;
using testing::HasSubstr;

TEST_F(Copy, brings_the_bytes_whole_and_leaves_the_sync_to_the_caller) {
  auto result = copy();
  ASSERT_TRUE(std::holds_alternative<transfer::CopyDone>(result));
  EXPECT_EQ(std::get<transfer::CopyDone>(result).table, table);
  EXPECT_EQ(std::get<transfer::CopyDone>(result).fetched, packed.size() + job.packed.table->length)
      << "what a plan says it will fetch";
  EXPECT_TRUE(is_whole());
  ASSERT_EQ(byte_requests().size(), 1U);
  EXPECT_FALSE(byte_requests()[0].offset);
  const auto& file = std::get<transfer::CopyDone>(result).file;
  ASSERT_TRUE(file);
  file->sync();
  EXPECT_EQ(files.journal().back(), "sync " + partial);
}

TEST_F(Copy, brings_small_and_empty_images_without_a_table) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}, static_cast<std::size_t>(segment_size)}) {
    fs::remove(partial);
    offer(size);
    peer.forget();
    EXPECT_EQ(code(), "done") << text;
    EXPECT_TRUE(is_whole());
    EXPECT_EQ(peer.requests().size(), 1U);
  }
}

TEST_F(Copy, spreads_over_connections_in_contiguous_ranges) {
  job.connections = 3;
  EXPECT_EQ(code(), "done") << text;
  EXPECT_TRUE(is_whole());
  EXPECT_EQ(byte_requests().size(), 3U);
  EXPECT_EQ(peer.bytes_given(), packed.size() + job.packed.table->length);
}

TEST_F(Copy, R31_finds_out_a_peer_that_cuts_each_answer_behind_wrong_bytes) {
  peer.files[transfer::object_path(job.packed.file.digest)][offset_of(1) + 77] ^= 1;
  peer.fault = [&](std::size_t, const io::Request& request) -> std::optional<FakeFault> {
    if (request.path != transfer::object_path(job.packed.file.digest)) return std::nullopt;
    FakeFault fault;
    fault.cut_after = offset_of(2) - request.offset.value_or(0);
    fault.status = io::Response::Status::unreachable;
    return fault;
  };
  EXPECT_EQ(code(), "untrusted");
  EXPECT_THAT(text, HasSubstr("segment 2 of"));
  EXPECT_EQ(byte_requests().size(), 2U);
}

TEST_F(Copy, calls_missing_bytes_unreachable_and_says_whose_fault_it_is) {
  peer.files.erase(transfer::object_path(job.packed.file.digest));
  EXPECT_EQ(code(), "unreachable");
  EXPECT_THAT(text, HasSubstr("the catalog names bytes that its server does not have"));
  peer.files.clear();
  EXPECT_EQ(code(), "unreachable");
  EXPECT_THAT(text, HasSubstr("the catalog names bytes that its server does not have"));
}

TEST_F(Copy, ends_when_a_body_ends_at_once_for_ever) {
  for (const bool length_known : {true, false}) {
    fault_in_bytes([&](std::size_t) {
      FakeFault fault;
      fault.cut_after = 0;
      fault.length_known = length_known;
      return fault;
    });
    EXPECT_EQ(code(), "unreachable");
    EXPECT_THAT(text, HasSubstr("ended after"));
  }
}

TEST_F(Copy, does_not_trust_a_file_of_another_length_than_was_signed) {
  fault_in_bytes([&](std::size_t) {
    FakeFault fault;
    fault.cut_after = 5'000'000;
    return fault;
  });
  EXPECT_EQ(code(), "untrusted");
  EXPECT_THAT(text, HasSubstr("5000000 bytes long"));
  fs::remove(partial);
  fault_in_bytes([&](std::size_t) {
    FakeFault fault;
    fault.too_many = 1;
    return fault;
  });
  EXPECT_EQ(code(), "untrusted");
  EXPECT_THAT(text, HasSubstr("longer than was signed"));
}

TEST_F(Copy, R19_knows_an_html_page_by_its_content) {
  for (const int connections : {1, 3}) {
    job.connections = connections;
    for (const std::size_t length : {std::size_t{19}, packed.size(), 2 * packed.size()}) {
      std::string page = "<html>log in</html>";
      page.resize(length, ' ');
      peer.files[transfer::object_path(job.packed.file.digest)] = page;
      EXPECT_EQ(code(), "unreachable") << length;
      EXPECT_THAT(text, HasSubstr("HTML"));
    }
  }
  peer.files[transfer::object_path(job.packed.file.digest)] = packed;
  EXPECT_EQ(code(), "done") << "nothing of the page is left: " << text;
  peer.files[transfer::object_path(job.packed.table->digest)] = "<html>";
  EXPECT_EQ(code(), "unreachable");
  EXPECT_THAT(text, HasSubstr("HTML"));
}

TEST_F(Copy, R19_calls_an_empty_table_unreachable) {
  peer.files[transfer::object_path(job.packed.table->digest)] = "";
  EXPECT_EQ(code(), "unreachable");
  EXPECT_THAT(text, HasSubstr("empty"));
}

TEST_F(Copy, R31_says_that_a_peer_is_failing) {
  peer.fault = [&](std::size_t number, const io::Request&) -> std::optional<FakeFault> {
    FakeFault fault;
    fault.failing = true;
    return number == 1 ? std::optional(fault) : std::nullopt;
  };
  EXPECT_EQ(code(), "peer-failing") << "with the bytes";
  peer.forget();
  peer.fault = [&](std::size_t, const io::Request&) {
    FakeFault fault;
    fault.failing = true;
    return fault;
  };
  EXPECT_EQ(code(), "peer-failing") << "with the table";
}

TEST_F(Copy, ends_at_the_deadline_while_it_verifies) {
  ASSERT_EQ(code(), "done");
  peer.forget();
  int asked = 0;
  // Hashing what is here asks once a segment, and verifying does.
  job.may_go_on = [&] {
    if (++asked == static_cast<int>(table.segments.size()) + 2) throw Error(Fault::interrupted, "the deadline");
  };
  EXPECT_THROW(copy(), Error);
  EXPECT_TRUE(byte_requests().empty());
  EXPECT_TRUE(is_whole()) << "what is here stays";
}

TEST_F(Copy, works_with_the_threads_that_can_be_started) {
  job.connections = 4;
  for (int n = 0; n < 5; ++n) {
    fs::remove(partial);
    io::pretend_threads_run_out(n);
    const std::string result = code();
    io::pretend_threads_run_out(std::nullopt);
    EXPECT_EQ(result, "done") << n << " threads: " << text;
    EXPECT_TRUE(is_whole());
  }
}

TEST_F(Copy, takes_the_whole_file_from_a_server_without_ranges) {
  peer.knows_ranges = false;
  job.connections = 2;
  EXPECT_EQ(code(), "done") << text;
  EXPECT_TRUE(is_whole());
  EXPECT_FALSE(byte_requests().back().offset);

  // Also with a part here already, and a cut on the way.
  write_text(partial, packed.substr(0, offset_of(2)));
  peer.forget();
  fault_in_bytes([&](std::size_t number) -> std::optional<FakeFault> {
    if (number != 2) return std::nullopt;
    FakeFault fault;
    fault.cut_after = offset_of(3) + 10;
    fault.status = io::Response::Status::unreachable;
    fault.restarts = true;
    return fault;
  });
  EXPECT_EQ(code(), "done") << text;
  EXPECT_TRUE(is_whole());
}

TEST_F(Copy, ends_with_a_server_that_gives_neither_ranges_nor_the_whole) {
  fault_in_bytes([&](std::size_t) {
    FakeFault fault;
    fault.status = io::Response::Status::wrong_range;
    return fault;
  });
  EXPECT_EQ(code(), "unreachable");
}

TEST_F(Copy, does_not_trust_a_false_table) {
  std::string& text_here = peer.files[transfer::object_path(job.packed.table->digest)];
  const std::string good = text_here;
  text_here[5] = 'X';
  EXPECT_EQ(code(), "untrusted");
  text_here = good + "more";
  EXPECT_EQ(code(), "untrusted");
  text_here = good.substr(0, good.size() - 10);
  EXPECT_EQ(code(), "untrusted");
  EXPECT_TRUE(byte_requests().empty());
  EXPECT_FALSE(fs::exists(partial));
}

TEST_F(Copy, does_not_trust_a_signed_table_that_lies) {
  const auto with = [&](const std::function<void(SegmentTable&)>& change) {
    SegmentTable lying = table;
    change(lying);
    const std::string bytes = write_segment_table(lying);
    job.packed.table = Piece{io::sha256(bytes), bytes.size()};
    peer.files[transfer::object_path(job.packed.table->digest)] = bytes;
    return code();
  };
  EXPECT_EQ(with([](SegmentTable& lying) { lying.segments[0].plain -= 1; }), "untrusted");
  EXPECT_EQ(with([](SegmentTable& lying) { lying.segments[0].packed += 1; }), "untrusted");
  EXPECT_EQ(with([](SegmentTable& lying) { lying.segments.pop_back(); }), "untrusted");
  EXPECT_EQ(with([](SegmentTable& lying) { lying.plain -= 1; }), "untrusted");
  EXPECT_TRUE(byte_requests().empty());
}

TEST_F(Copy, does_not_trust_a_catalog_whose_sizes_cannot_be) {
  const transfer::CopyJob good = job;
  const auto with = [&](const std::function<void(transfer::CopyJob&)>& change) {
    job = good;
    change(job);
    return code();
  };
  EXPECT_EQ(with([](transfer::CopyJob& lie) { lie.packed.segments = 4; }), "untrusted");
  EXPECT_EQ(with([](transfer::CopyJob& lie) { lie.packed.table.reset(); }), "untrusted");
  EXPECT_EQ(with([](transfer::CopyJob& lie) { lie.packed.file.length = 0; }), "untrusted");
  EXPECT_EQ(with([](transfer::CopyJob& lie) { lie.packed.file.length = std::uint64_t{1} << 60U; }), "untrusted");
  EXPECT_EQ(with([](transfer::CopyJob& lie) { lie.size = std::uint64_t{1} << 63U; }), "untrusted");
  EXPECT_TRUE(peer.requests().empty());
}

TEST_F(Copy, throws_away_bytes_that_are_as_signed_but_not_the_image) {
  job.digest.bytes[0] ^= 1;
  EXPECT_EQ(code(), "digest-mismatch");
  EXPECT_THAT(text, HasSubstr("the publisher's packed bytes are as signed"));
  EXPECT_FALSE(fs::exists(partial));
}

TEST_F(Copy, throws_away_segments_that_do_not_make_the_file_they_are_named_for) {
  // Else a peer could put its bytes where the store keeps another's.
  job.packed.file.digest.bytes[0] ^= 1;
  peer.files[transfer::object_path(job.packed.file.digest)] = packed;
  EXPECT_EQ(code(), "digest-mismatch");
  EXPECT_THAT(text, HasSubstr("make the packed file"));
  EXPECT_FALSE(fs::exists(partial));
}

TEST_F(Copy, throws_away_a_signed_segment_that_is_no_frame) {
  packed = std::string(1000, 'x');
  job = transfer::CopyJob{.digest = io::sha256("x"),
                          .size = 1,
                          .packed = {.file = {io::sha256(packed), packed.size()}, .segments = 1, .table = {}},
                          .connections = 1,
                          .progress = {}};
  peer.files = {{transfer::object_path(job.packed.file.digest), packed}};
  EXPECT_EQ(code(), "untrusted");
  EXPECT_THAT(text, HasSubstr("no zstd frame"));
  EXPECT_FALSE(fs::exists(partial));
}

TEST_F(Copy, tells_a_full_disk_from_a_failing_one_before_the_network_is_used) {
  files.only = "allocate ";
  files.fail_at = 1;
  files.error = ENOSPC;
  EXPECT_EQ(code(), "no-space");
  EXPECT_THAT(text, HasSubstr("this server's disk"));
  EXPECT_TRUE(byte_requests().empty());
  files.start_over();
  files.error = EIO;
  EXPECT_EQ(code(), "io");
}

TEST_F(Copy, writes_through_no_link) {
  write_text(box.path() + "/victim", "untouched");
  fs::create_symlink(box.path() + "/victim", partial);
  EXPECT_EQ(code(), "io");
  EXPECT_EQ(read_text(box.path() + "/victim"), "untouched");
}

TEST(Stretches, are_as_few_as_keep_the_streams_busy) {
  const auto missing = [](const std::string& marks) {
    std::vector<bool> bits;
    for (const char mark : marks) bits.push_back(mark == '.');
    return bits;
  };
  using S = std::vector<transfer::Stretch>;
  EXPECT_EQ(transfer::stretches_of(missing(""), 4), S{});
  EXPECT_EQ(transfer::stretches_of(missing("xxx"), 4), S{});
  EXPECT_EQ(transfer::stretches_of(missing("......"), 1), (S{{0, 6}}));
  EXPECT_EQ(transfer::stretches_of(missing("......"), 2), (S{{0, 3}, {3, 6}}));
  EXPECT_EQ(transfer::stretches_of(missing("..x..x"), 1), (S{{0, 2}, {3, 5}}));
  EXPECT_EQ(transfer::stretches_of(missing("..x..x"), 8), (S{{0, 1}, {1, 2}, {3, 4}, {4, 5}}));
  EXPECT_EQ(transfer::stretches_of(std::vector<bool>(100, true), 2).size(), 7U);
}

TEST(ObjectPath, is_made_of_the_digest_alone) { EXPECT_EQ(transfer::object_path(Digest{}), "b/00/" + std::string(64, '0')); }

}  // namespace
}  // namespace ingot::copy_image_test
