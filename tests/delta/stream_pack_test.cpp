// Packing the streams of a delta: whatever is mixed goes round, and what is dense costs no time.
#include "reconciler/delta/stream_pack.hpp"

#include <gtest/gtest.h>

#include "tests/delta/images.hpp"

namespace ingot::delta_stream_pack_test {
namespace {

using namespace delta_testing;

constexpr std::size_t block = 64 * 1024;
constexpr std::string_view frame_start = "\x28\xB5\x2F\xFD";  // RFC 8878, section 3.1.1

class StreamPack : public testing::Test {
 protected:
  /// Whether the block begins a frame.
  bool begins_frame(const std::string& plain) {
    const std::string packed = packer_.pack(plain);
    std::string unpacked;
    unpacker_.unpack(packed, plain.size(), unpacked);
    EXPECT_EQ(unpacked, plain);
    EXPECT_LE(packed.size(), plain.size() + plain.size() / 128 + 1024);
    return packed.starts_with(frame_start);
  }

  delta::StreamPacker packer_{true, std::uint64_t{1} << 30U};
  delta::StreamUnpacker unpacker_;
};

TEST_F(StreamPack, blocks_that_cannot_be_packed_are_frames_of_their_own_from_the_third_on) {
  const std::string text(block, 'a');
  EXPECT_TRUE(begins_frame(text));
  EXPECT_FALSE(begins_frame(noise(block, 1)));
  EXPECT_FALSE(begins_frame(text)) << "one alone takes nothing away from what follows";
  EXPECT_FALSE(begins_frame(noise(block, 2)));
  EXPECT_FALSE(begins_frame(noise(block, 3)));
  EXPECT_TRUE(begins_frame(noise(block, 4)));
  EXPECT_TRUE(begins_frame(noise(block, 5)));
  EXPECT_TRUE(begins_frame(text));
  EXPECT_FALSE(begins_frame(text));
}

TEST_F(StreamPack, few_bytes_are_never_taken_for_dense_ones) {
  EXPECT_TRUE(begins_frame(noise(100, 0)));
  for (unsigned i = 1; i < 20; ++i) EXPECT_FALSE(begins_frame(noise(100, i)));
}

}  // namespace
}  // namespace ingot::delta_stream_pack_test
