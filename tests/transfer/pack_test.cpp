// Packing: exact segments, independent frames that plain zstd opens, bounded and refusing lies.
#include "reconciler/transfer/pack.hpp"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/threads.hpp"
#include "schema/error.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::pack_test {
namespace {

using namespace testing_support;
using testing::HasSubstr;

std::string noise(std::size_t size, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string text_of(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "line " + std::to_string(text.size() * 7919 % 100'003) + "\n";
  text.resize(size);
  return text;
}

struct Packing {
  transfer::PackedResult result;
  std::string packed;
};

Packing pack(const std::string& plain, int threads, std::size_t piece) {
  Packing packing;
  transfer::Packer packer(threads, [&](std::string_view bytes) { packing.packed += bytes; });
  for (std::size_t at = 0; at < plain.size(); at += piece) packer.write(std::string_view(plain).substr(at, piece));
  packing.result = packer.finish();
  return packing;
}

std::string unpacked(const Packing& packing) {
  std::string plain, segment;
  std::size_t at = 0;
  for (const Segment& one : packing.result.table.segments) {
    const auto packed = std::string_view(packing.packed).substr(at, one.packed);
    EXPECT_EQ(io::sha256(packed), one.digest);
    transfer::unpack_segment(packed, one.plain, segment);
    plain += segment;
    at += one.packed;
  }
  EXPECT_EQ(at, packing.packed.size());
  return plain;
}

class PackOf : public testing::TestWithParam<std::size_t> {};

TEST_P(PackOf, so_many_bytes_has_exact_segments_and_zstd_opens_it) {
  for (const bool compressible : {true, false}) {
    const std::string plain = compressible ? text_of(GetParam()) : noise(GetParam());
    const Packing packing = pack(plain, 2, 100'003);
    const transfer::PackedResult& result = packing.result;
    EXPECT_EQ(result.size, plain.size());
    EXPECT_EQ(result.digest, io::sha256(plain));
    EXPECT_EQ(result.file, io::sha256(packing.packed));
    EXPECT_EQ(result.table.plain, plain.size());
    EXPECT_EQ(result.table.packed, packing.packed.size());
    ASSERT_EQ(result.table.segments.size(), segment_count(plain.size()));
    for (std::size_t i = 0; i + 1 < result.table.segments.size(); ++i) EXPECT_EQ(result.table.segments[i].plain, segment_size);
    for (const Segment& segment : result.table.segments) EXPECT_LE(segment.packed, largest_packed_segment);
    EXPECT_TRUE(unpacked(packing) == plain);
    const TestFolder box;
    write_text(box.path() + "/x.zst", packing.packed);
    const Ran ran = run({.arguments = {"zstd", "-dqc", box.path() + "/x.zst"}, .folder = {}, .environment = {}});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    EXPECT_TRUE(ran.out == plain);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, PackOf,
                         testing::Values(0, 1, segment_size - 1, segment_size, segment_size + 1, 2 * segment_size,
                                         4 * segment_size + 12345));

TEST(Pack, does_not_depend_on_threads_or_pieces) {
  const std::string plain = text_of(3 * segment_size + 7);
  const Packing one = pack(plain, 1, plain.size());
  for (const int threads : {0, 2, 5}) {
    const Packing other = pack(plain, threads, 1'000'003);
    EXPECT_TRUE(other.packed == one.packed);
    EXPECT_EQ(other.result.table, one.result.table);
  }
}

TEST(Pack, ends_with_a_hint_where_threads_run_out_and_goes_on_with_the_fewest) {
  for (int n = 0; n < 3; ++n) {
    io::pretend_threads_run_out(n);
    try {
      pack(text_of(2 * segment_size), 4, 1'000'000);
      ADD_FAILURE() << n << " threads were enough";
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::local);
      EXPECT_THAT(error.mend(), HasSubstr("TasksMax="));
    }
  }
  io::pretend_threads_run_out(0);
  EXPECT_EQ(unpacked(pack("bytes", 4, 1)), "bytes") << "one segment needs no thread";
  io::pretend_threads_run_out(3);
  const std::string text = text_of(3 * segment_size);
  EXPECT_EQ(unpacked(pack(text, 4, 1'000'000)), text);
  io::pretend_threads_run_out(std::nullopt);
}

TEST(Pack, gives_back_what_its_output_throws) {
  transfer::Packer packer(2, [](std::string_view) { throw Error(Fault::local, "disk full"); });
  const std::string plain = noise(segment_size);
  const auto fill = [&] {
    for (int i = 0; i < 100; ++i) packer.write(plain);
    packer.finish();
  };
  EXPECT_THROW(fill(), Error);
}

TEST(Pack, can_be_left_alone_half_way) {
  transfer::Packer packer(2, [](std::string_view) {});
  packer.write(noise(3 * segment_size));
}

std::string frame(const std::string& plain, int window_log = 0, bool with_size = true) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, with_size ? 1 : 0);
  if (window_log != 0) ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), plain.data(), plain.size()));
  ZSTD_freeCCtx(context);
  return packed;
}

std::string refusal(const std::string& packed, std::uint64_t plain) {
  std::string into;
  try {
    transfer::unpack_segment(packed, plain, into);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::untrusted);
    return error.text();
  }
  return "";
}

TEST(UnpackSegment, refuses_every_lie) {
  const std::string plain = text_of(100'000);
  const std::string good = frame(plain);
  EXPECT_EQ(refusal(good, plain.size()), "");
  EXPECT_THAT(refusal(good, plain.size() - 1), HasSubstr("does not hold"));
  EXPECT_THAT(refusal(good, plain.size() + 1), HasSubstr("does not hold"));
  EXPECT_THAT(refusal(good + "x", plain.size()), HasSubstr("exactly one"));
  EXPECT_THAT(refusal(good + good, plain.size()), HasSubstr("exactly one"));
  EXPECT_THAT(refusal(good.substr(0, good.size() - 1), plain.size()), HasSubstr("exactly one"));
  EXPECT_THAT(refusal(frame(plain, 0, false), plain.size()), HasSubstr("does not hold"));
  EXPECT_THAT(refusal("", 0), HasSubstr("no zstd frame"));
  EXPECT_THAT(refusal(plain, plain.size()), HasSubstr("no zstd frame"));
  EXPECT_THAT(refusal(std::string("\x50\x2a\x4d\x18\x00\x00\x00\x00", 8), 0), HasSubstr("no zstd frame"));  // a skippable frame
  std::string bad = good;
  bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 0x55);
  EXPECT_NE(refusal(bad, plain.size()), "unnoticed");  // the digest is what finds this; it must only do no harm
}

TEST(UnpackSegment, refuses_bombs_and_large_windows) {
  const std::string zeros(64 * 1024 * 1024, '\0');
  const std::string bomb = frame(zeros);
  EXPECT_LT(bomb.size(), 10'000U);
  EXPECT_THAT(refusal(bomb, zeros.size()), HasSubstr("does not hold"));
  EXPECT_THAT(refusal(bomb, segment_size), HasSubstr("does not hold"));
  // A frame of 24 MiB window, said in its header: descriptor without "single segment", then the window byte.
  std::string large = frame("content");
  large[4] = static_cast<char>(0x80);  // a content size of four bytes follows the window
  EXPECT_THAT(refusal(large.substr(0, 5) + static_cast<char>((24 - 10) << 3) + large.substr(5), 7), HasSubstr("window larger"));
}

}  // namespace
}  // namespace ingot::pack_test
