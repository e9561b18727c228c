// A1, bit by bit: no head or root with one bit changed is accepted, wherever the bit is. Through the real transport, in
// this process: there are many.
#include "tests/attacks/attack.hpp"

namespace ingot::attacks {
namespace {

using testing::IsEmpty;

/// Serves the envelope of `path` with each byte of payload, signatures and type changed by one bit, and plans. The transport
/// of the base64 text around them is covered by tests/trust.
std::size_t flip_all(Stage& stage, const std::string& path, const std::vector<std::string>& may_ask) {
  const Envelope good = std::get<Envelope>(parse_envelope(stage.peer.tree().at(path)));
  const std::size_t step = is_full() ? 1 : 9;  // tests/trust flips every bit, but not over http
  std::size_t flips = 0;
  const auto try_flipped = [&](const Envelope& flipped) {
    auto tree = stage.peer.tree();
    tree[path] = write_envelope(flipped);
    stage.server.serve(tree);
    const Ran ran = stage.ingot({"plan"});
    EXPECT_EQ(ran.exit, 4) << ran.out << ran.err;
    for (const auto& asked : stage.requests()) EXPECT_THAT(may_ask, testing::Contains(asked));
    ++flips;
  };
  const auto flip = [&flips](char byte) { return static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (flips % 8))); };
  for (std::size_t i = 0; i < good.payload.size() && !testing::Test::HasFailure(); i += step) {
    Envelope flipped = good;
    flipped.payload[i] = flip(flipped.payload[i]);
    try_flipped(flipped);
  }
  for (std::size_t i = 0; i < good.signatures[0].bytes.size() && !testing::Test::HasFailure(); i += step) {
    Envelope flipped = good;
    flipped.signatures[0].bytes[i] = flip(flipped.signatures[0].bytes[i]);
    try_flipped(flipped);
  }
  return flips;
}

TEST(flips, A1_no_head_with_a_flipped_bit_is_accepted) {
  Stage stage(Way::here);
  stage.tempt();
  const Remembered before = stage.remembered();
  count("attacks on trust", flip_all(stage, "head.dsse", {"head.dsse", "root/2.dsse"}));
  EXPECT_THAT(differences(before, stage.remembered()), IsEmpty());
  stage.serve();
  EXPECT_EQ(stage.apply().exit, 0) << "N9";
}

TEST(flips, A1_no_root_with_a_flipped_bit_is_accepted) {
  Stage stage(Way::here);
  stage.peer.rotate_catalog_key();
  stage.tempt();
  const Remembered before = stage.remembered();
  count("attacks on trust", flip_all(stage, "root/2.dsse", {"head.dsse", "root/2.dsse"}));
  EXPECT_THAT(differences(before, stage.remembered()), IsEmpty());
  stage.serve();
  EXPECT_EQ(stage.apply().exit, 0) << "N9";
}

}  // namespace
}  // namespace ingot::attacks
