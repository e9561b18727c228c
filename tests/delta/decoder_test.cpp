// Applying deltas: whatever the bytes are, the result is right or refused, within bounds.
#include "reconciler/delta/decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include "reconciler/delta/held_pieces.hpp"
#include "schema/error.hpp"
#include "tests/delta/images.hpp"

namespace ingot::delta_decoder_test {
namespace {

using namespace delta_testing;
using testing::HasSubstr;

std::string number(std::uint64_t value) {
  std::string bytes;
  delta::put_number(bytes, value);
  return bytes;
}

std::string packed(const std::string& plain) {
  if (plain.empty()) return "";
  std::string bytes(ZSTD_compressBound(plain.size()), '\0');
  bytes.resize(ZSTD_compress(bytes.data(), bytes.size(), plain.data(), plain.size(), 1));
  return bytes;
}

std::string with_trailer(std::string bytes) {
  const Digest digest = io::sha256(bytes);
  return bytes + std::string(digest.bytes.begin(), digest.bytes.end());
}

struct Streams {
  std::string control;
  std::string positions = {};
  std::string differences = {};
  std::string fresh = {};
};

/// One block, written by hand.
std::string delta_of(std::string_view base, std::string_view result, const Streams& streams) {
  std::string bytes = delta::encode_header({.base = image_of(base), .result = image_of(result)});
  delta::BlockHeader lengths;
  std::string body;
  std::size_t i = 0;
  for (const std::string* plain : {&streams.control, &streams.positions, &streams.differences, &streams.fresh}) {
    const std::string one = packed(*plain);
    lengths[i++] = {.plain = static_cast<std::uint32_t>(plain->size()), .packed = static_cast<std::uint32_t>(one.size())};
    body += one;
  }
  return with_trailer(bytes + delta::encode_block_header(lengths) + body);
}

std::string refusal(std::string_view base, std::string_view delta) {
  try {
    apply_delta(base, delta);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::untrusted);
    return error.text();
  }
  return "";
}

const std::string base = "0123456789abcdef";

std::string order(std::uint64_t fresh, std::uint64_t copied, std::int64_t distance) {
  return number(fresh) + number(copied) + (copied > 0 ? number(delta::fold(distance)) : "");
}

TEST(Decoder, copies_adds_differences_and_takes_new_bytes) {
  const std::string result = "new!4567xy89";
  const Streams streams{.control = order(4, 4, 4) + order(2, 2, 0), .fresh = "new!xy"};
  EXPECT_EQ(apply_delta(base, delta_of(base, result, streams)), result);
  // The word 0x00000102 at "4": '4' + 2 and '5' + 1.
  Streams changed = streams;
  changed.positions = number(0);
  changed.differences = std::string("\x02\x01\0\0", 4);
  EXPECT_EQ(apply_delta(base, delta_of(base, "new!6667xy89", changed)), "new!6667xy89");
}

TEST(Decoder, a_difference_at_the_end_of_a_region_covers_what_is_left_without_a_carry) {
  // The third of "ab", 'b' + 0xFF modulo 2^8 is 'a'; the bytes of the next region are not touched.
  const Streams streams{
      .control = order(0, 2, 10) + order(0, 2, 0), .positions = number(1), .differences = std::string("\xFF\0\0\0", 4)};
  EXPECT_EQ(apply_delta(base, delta_of(base, "aacd", streams)), "aacd");
}

TEST(Decoder, goes_back_in_the_base) {
  EXPECT_EQ(apply_delta(base, delta_of(base, "ef0123", {.control = order(0, 2, 14) + order(0, 4, -16)})), "ef0123");
}

TEST(Decoder, refuses_orders_outside_their_bounds) {
  const std::string four = "4567";
  EXPECT_THAT(refusal(base, delta_of(base, four, {.control = order(0, 4, 13)})), HasSubstr("does not have"));
  EXPECT_THAT(refusal(base, delta_of(base, four, {.control = order(0, 4, -1)})), HasSubstr("does not have"));
  EXPECT_THAT(refusal(base, delta_of(base, four, {.control = number(0) + number(4) + number(UINT64_MAX / 2)})),
              HasSubstr("does not have"));
  EXPECT_THAT(refusal(base, delta_of(base, four, {.control = order(0, 5, 4)})), HasSubstr("too many bytes"));
  EXPECT_THAT(refusal(base, delta_of(base, four, {.control = order(0, 3, 4)})), HasSubstr("too few bytes"));
  EXPECT_THAT(refusal(base, delta_of(base, four, {.control = order(4, 0, 0), .fresh = "456"})), HasSubstr("lacks new bytes"));
  EXPECT_THAT(refusal(base, delta_of(base, four, {.control = order(0, 4, 4), .fresh = "4"})), HasSubstr("too few bytes"));
  EXPECT_THAT(refusal(base, delta_of(base, four, {.control = order(0, 4, 4) + order(0, 0, 0)})), HasSubstr("order for nothing"));
  EXPECT_THAT(refusal(base, delta_of(base, four, {.control = "\x80"})), HasSubstr("cut short"));
  EXPECT_THAT(refusal(base, delta_of(base, four, {.control = std::string("\x84\0\0", 3)})), HasSubstr("longer than needed"));
  EXPECT_THAT(refusal(base, delta_of(base, four, {.control = order(0, 4, 4), .fresh = "45678"})), HasSubstr("more new bytes"));
}

TEST(Decoder, refuses_differences_outside_their_bounds) {
  const std::string four = "4567";
  const Streams copy{.control = order(0, 4, 4)};
  Streams streams = copy;
  streams.positions = number(4);
  streams.differences = std::string(4, '\0');
  EXPECT_THAT(refusal(base, delta_of(base, four, streams)), HasSubstr("does not copy"));
  streams.positions = number(0);
  streams.differences = std::string(8, '\0');
  EXPECT_THAT(refusal(base, delta_of(base, four, streams)), HasSubstr("does not copy"));
  streams.positions = number(0) + number(0);
  streams.differences = std::string(4, '\0');
  EXPECT_THAT(refusal(base, delta_of(base, four, streams)), HasSubstr("more positions than differences"));
  streams.positions = number(delta::block_size + 1);
  EXPECT_THAT(refusal(base, delta_of(base, four, streams)), HasSubstr("outside its block"));
  streams.differences = "abc";
  EXPECT_THAT(refusal(base, delta_of(base, four, streams)), HasSubstr("whole words"));
}

TEST(Decoder, refuses_lengths_beyond_their_bounds_before_it_reads_what_they_announce) {
  const std::string header = delta::encode_header({.base = image_of(base), .result = image_of("4567")});
  const auto refused = [&](const delta::BlockHeader& lengths) {
    return refusal(base, header + delta::encode_block_header(lengths));
  };
  EXPECT_THAT(refused({{{.plain = delta::block_size + 1, .packed = 100}, {}, {}, {}}}), HasSubstr("at most"));
  EXPECT_THAT(refused({{{.plain = 128, .packed = 128 + 1 + 1024 + 1}, {}, {}, {}}}), HasSubstr("longer than plain"));
  EXPECT_THAT(refused({{{.plain = 4, .packed = 0}, {}, {}, {}}}), HasSubstr("packed in none"));
  EXPECT_THAT(refused({{{.plain = 0, .packed = 4}, {}, {}, {}}}), HasSubstr("longer than plain"));
  std::string large = header;
  large[103] = 1;
  EXPECT_THAT(refusal(base, large), HasSubstr("at most"));
  std::string reserved = header;
  reserved[127] = 1;
  EXPECT_THAT(refusal(base, reserved), HasSubstr("reserved"));
  std::string kind = header;
  kind[104] = 2;
  EXPECT_THAT(refusal(base, kind), HasSubstr("unknown kind"));
}

TEST(Decoder, refuses_a_stream_that_is_longer_or_shorter_than_announced) {
  const std::string good = delta_of(base, "4567", {.control = order(4, 0, 0), .fresh = "4567"});
  for (const int difference : {-1, 1}) {
    std::string lying = good;
    lying[delta::header_size + 24] = static_cast<char>(lying[delta::header_size + 24] + difference);
    EXPECT_NE(refusal(base, lying), "") << difference;
  }
}

/// Small deltas that unpack to much are bounded by the length of a block.
TEST(Decoder, refuses_a_bomb_and_a_large_window) {
  const std::string header = delta::encode_header({.base = image_of(base), .result = image_of("4567")});
  const std::string bomb = packed(std::string(64 * 1024 * 1024, 'x'));
  const delta::BlockHeader lengths{
      {{.plain = 4, .packed = static_cast<std::uint32_t>(std::min<std::size_t>(bomb.size(), 1000))}, {}, {}, {}}};
  EXPECT_THAT(refusal(base, header + delta::encode_block_header(lengths) + bomb), HasSubstr("stream"));
  // A frame without content size whose window is 128 MiB: descriptor 0, window byte (27 - 10) << 3.
  const std::string frame("\x28\xB5\x2F\xFD\x00\x88\x01\x00\x00", 9);
  const delta::BlockHeader window{{{.plain = 4, .packed = 9}, {}, {}, {}}};
  EXPECT_THAT(refusal(base, header + delta::encode_block_header(window) + frame), HasSubstr("cannot be unpacked"));
}

TEST(Decoder, refuses_a_delta_that_reads_the_base_to_and_fro) {
  // 20 pieces, each of them read in turn, again and again: a reader that holds 16 loads one each time.
  const std::string large(20 * delta::piece_size, 'x');
  Streams streams;
  const std::uint64_t rounds = delta::most_loads({.base = image_of(large), .result = image_of("")}) + 5;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const bool wraps = i % 20 == 0 && i > 0;
    const auto piece = static_cast<std::int64_t>(delta::piece_size);
    streams.control += order(0, 1, i == 0 ? 0 : wraps ? -19 * piece - 1 : piece - 1);
  }
  EXPECT_THAT(refusal(large, delta_of(large, std::string(rounds, 'x'), streams)), HasSubstr("to and fro"));
}

TEST(Decoder, says_when_the_base_is_another_one) {
  const std::string made = make(noise(5000, 1), noise(5000, 1) + "more");
  std::string damaged = noise(5000, 1);
  damaged[2000] = static_cast<char>(damaged[2000] + 1);
  EXPECT_THAT(refusal(damaged, made), HasSubstr("the base is damaged"));
}

TEST(Decoder, refuses_every_cut_and_every_changed_byte) {
  const std::string old = noise(3000, 1);
  std::string result = old;
  result.insert(1000, "something new");
  result[2000] = static_cast<char>(result[2000] + 1);
  const std::string made = make(old, result);
  ASSERT_EQ(apply_delta(old, made), result);
  for (std::size_t length = 0; length < made.size(); ++length) EXPECT_NE(refusal(old, made.substr(0, length)), "") << length;
  EXPECT_NE(refusal(old, made + "x"), "");
  for (std::size_t at = 0; at < made.size(); ++at) {
    for (const int bit : {1, 0x80}) {
      std::string flipped = made;
      flipped[at] = static_cast<char>(flipped[at] ^ bit);
      EXPECT_NE(refusal(old, flipped), "") << at;
    }
  }
}

TEST(Decoder, does_not_care_how_the_bytes_are_cut) {
  const std::string old = noise(100'000, 1);
  const std::string result = noise(10'000, 2) + old.substr(500);
  const std::string made = make(old, result);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, made.size()})
    EXPECT_EQ(apply_delta(old, made, piece), result);
}

TEST(Decoder, what_the_caller_throws_at_the_header_ends_the_work_before_the_base_is_read) {
  bool read = false;
  delta::Decoder decoder({.begin = [](const delta::Header&) { throw Error(Fault::usage, "not mine"); },
                          .base = [&](std::uint64_t, std::span<char>) { read = true; },
                          .result = [](std::string_view) {}});
  EXPECT_THROW(decoder.write(make(base, base + base)), Error);
  EXPECT_FALSE(read);
}

}  // namespace
}  // namespace ingot::delta_decoder_test
