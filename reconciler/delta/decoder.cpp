#include "reconciler/delta/decoder.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "reconciler/delta/held_pieces.hpp"
#include "reconciler/delta/stream_pack.hpp"
#include "reconciler/io/hash.hpp"
#include "schema/error.hpp"

namespace ingot::delta {

namespace {

std::uint64_t number(std::string_view& bytes) {
  const auto taken = take_number(bytes);
  if (!taken) refuse_delta("has a number that is cut short, too large, or written longer than needed");
  return *taken;
}

/// The differences of a block, word by word. They are placed in the space of all bytes that the block copies, one region after
/// the other.
class Differences {
 public:
  Differences(std::string_view positions, std::string_view words) : positions_(positions), words_(words) { next(); }

  /// Adds the words that begin in a region, which is the next `region.size()` bytes of the space.
  void apply(std::span<char> region) {
    const std::uint64_t end = begin_ + region.size();
    while (has_next_ && at_ < end) {
      const std::size_t offset = at_ - begin_;
      const std::size_t count = std::min(word_size, region.size() - offset);
      const std::uint64_t sum = little_endian(&region[offset], count) + little_endian(words_.data(), count);
      put_little_endian(&region[offset], sum, count);
      words_.remove_prefix(word_size);
      at_ += count;
      next();
    }
    begin_ = end;
  }

  void finish() const {
    if (has_next_ || !words_.empty()) refuse_delta("has a block with differences for bytes that it does not copy");
  }

 private:
  void next() {
    has_next_ = !positions_.empty();
    if (!has_next_) return;
    const std::uint64_t gap = number(positions_);
    if (gap > block_size) refuse_delta("has a difference outside its block");
    if (words_.size() < word_size) refuse_delta("has a block with more positions than differences");
    at_ += gap;
  }

  std::string_view positions_;
  std::string_view words_;
  std::uint64_t begin_ = 0;  ///< of the next region
  std::uint64_t at_ = 0;     ///< of the next word
  bool has_next_ = false;
};

}  // namespace

struct Decoder::Impl {
  enum class At { header, block, stream, trailer, done };

  explicit Impl(DecoderEnds into) : ends(std::move(into)) {}

  DecoderEnds ends;
  At at = At::header;
  std::string pending;
  std::size_t wanted = header_size;
  io::Sha256 file_hash;

  Header header;
  std::uint64_t done = 0;  ///< bytes of the result
  io::Sha256 result_hash;
  HeldPieces pieces;
  std::uint64_t expected = 0;  ///< where the base goes on after the last region

  BlockHeader lengths{};
  std::size_t stream = 0;
  std::array<StreamUnpacker, stream_count> unpackers;
  std::array<std::string, stream_count> plain;
  std::string result;

  std::uint64_t result_of_block() const { return std::min(block_size, header.result.size - done); }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      if (at == At::done) refuse_delta("goes on after its end");
      const std::size_t taken = std::min(bytes.size(), wanted - pending.size());
      pending.append(bytes.substr(0, taken));
      bytes.remove_prefix(taken);
      while (at != At::done && pending.size() == wanted) step();
    }
  }

  /// `pending` is whole.
  void step() {
    if (at != At::trailer) file_hash.update(pending);
    switch (at) {
      case At::header:
        header = decode_header(pending);
        ends.begin(header);
        next_block();
        break;
      case At::block:
        lengths = decode_block_header(pending, result_of_block());
        stream = 0;
        want(At::stream, lengths[0].packed);
        break;
      case At::stream: take_stream(); break;
      case At::trailer: check_trailer(); break;
      case At::done: break;
    }
  }

  void want(At next, std::size_t bytes) {
    at = next;
    wanted = bytes;
    pending.clear();
  }

  void next_block() {
    if (done < header.result.size)
      want(At::block, block_header_size);
    else
      want(At::trailer, trailer_size);
  }

  void take_stream() {
    unpackers[stream].unpack(pending, lengths[stream].plain, plain[stream]);
    if (++stream < stream_count) {
      want(At::stream, lengths[stream].packed);
      return;
    }
    make_result();
    next_block();
  }

  void make_result() {
    result.resize(result_of_block());
    std::string_view orders = plain[control];
    std::string_view new_bytes = plain[fresh];
    Differences changes(plain[positions], plain[differences]);
    std::span<char> left(result);
    while (!orders.empty()) {
      const std::uint64_t new_length = number(orders);
      const std::uint64_t copied = number(orders);
      if (new_length > left.size() || copied > left.size() - new_length) refuse_delta("has a block that makes too many bytes");
      if (new_length > new_bytes.size()) refuse_delta("has a block that lacks new bytes");
      if (new_length + copied == 0) refuse_delta("has a block with an order for nothing");
      std::memcpy(left.data(), new_bytes.data(), new_length);
      new_bytes.remove_prefix(new_length);
      left = left.subspan(new_length);
      if (copied == 0) continue;
      copy(number(orders), left.first(copied));
      changes.apply(left.first(copied));
      left = left.subspan(copied);
    }
    if (!left.empty() || !new_bytes.empty()) refuse_delta("has a block that makes too few bytes");
    changes.finish();
    result_hash.update(result);
    done += result.size();
    ends.result(result);
  }

  void copy(std::uint64_t folded, std::span<char> into) {
    const std::int64_t distance = unfold(folded);
    const std::uint64_t from = expected + static_cast<std::uint64_t>(distance);
    const bool below = distance < 0 && static_cast<std::uint64_t>(-distance) > expected;
    if (below || from > header.base.size || into.size() > header.base.size - from)
      refuse_delta("copies bytes that the base does not have");
    pieces.use(from, into.size());
    if (pieces.loads() > most_loads(header)) refuse_delta("reads the base to and fro more often than is allowed");
    ends.base(from, into);
    expected = from + into.size();
  }

  void check_trailer() {
    const Digest digest = file_hash.finish();
    const bool same = std::equal(digest.bytes.begin(), digest.bytes.end(), pending.begin(),
                                 [](std::uint8_t byte, char c) { return byte == static_cast<std::uint8_t>(c); });
    if (!same) refuse_delta("is damaged: it does not have the digest at its end");
    want(At::done, 0);
  }
};

Decoder::Decoder(DecoderEnds ends) : impl_(std::make_unique<Impl>(std::move(ends))) {}
Decoder::~Decoder() = default;
void Decoder::write(std::string_view bytes) { impl_->write(bytes); }

void Decoder::finish() {
  if (impl_->at != Impl::At::done) refuse_delta("is cut short");
  const Digest made = impl_->result_hash.finish();
  if (made != impl_->header.result.digest)
    refuse_delta(fmt::format("does not make {} of this base, but {}: the base is damaged, or the delta is wrong",
                             impl_->header.result.digest.text(), made.text()));
}

}  // namespace ingot::delta
