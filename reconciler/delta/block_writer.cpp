#include "reconciler/delta/block_writer.hpp"

#include <exception>
#include <utility>

#include "reconciler/io/threads.hpp"

namespace ingot::delta {

BlockWriter::BlockWriter(const Header& header, ReadAt result, std::function<void(std::string_view)> out)
    : header_(header),
      result_(std::move(result)),
      out_(std::move(out)),
      packers_{StreamPacker(false, header.result.size), StreamPacker(false, header.result.size),
               StreamPacker(true, header.result.size), StreamPacker(true, header.result.size)} {
  put(encode_header(header));
}

void BlockWriter::put(std::string_view bytes) {
  hash_.update(bytes);
  length_ += bytes.size();
  out_(bytes);
}

void BlockWriter::add(const Unit& unit) {
  std::uint64_t to = unit.to;
  const std::uint32_t* gaps = unit.gaps.data();
  std::string_view words = unit.words;
  std::string_view fresh_bytes = unit.fresh;
  for (const Order& order : unit.orders) {
    if (order.new_length > 0) {
      close_region();
      plain_[fresh].append(fresh_bytes.substr(0, order.new_length));
      new_length_ += order.new_length;
      fresh_bytes.remove_prefix(order.new_length);
      to += order.new_length;
    }
    if (order.length > 0) add_order(order, to, gaps, words.substr(0, order.words * word_size));
    gaps += order.words;
    words.remove_prefix(order.words * word_size);
    to += order.length;
  }
  done_ += unit.length;
  if (done_ % block_size == 0) flush();
}

void BlockWriter::add_order(const Order& order, std::uint64_t to, const std::uint32_t* gaps, std::string_view words) {
  const bool goes_on = region_length_ > 0 && !region_ends_short_ && order.from == region_from_ + region_length_;
  if (!may_read(order.from, order.length)) {
    close_region();
    std::string bytes(order.length, '\0');
    result_(to, bytes);
    plain_[fresh] += bytes;
    new_length_ += order.length;
    return;
  }
  if (!goes_on) {
    close_region();
    region_from_ = order.from;
  }
  region_length_ += order.length;
  region_ends_short_ = order.ends_short;
  for (std::uint64_t i = 0; i < order.words; ++i) {
    put_number(plain_[positions], carried_ + gaps[i]);
    carried_ = 0;
  }
  carried_ += order.tail;
  plain_[differences].append(words);
}

/// Counts as a reader does that holds few pieces.
bool BlockWriter::may_read(std::uint64_t from, std::uint64_t length) {
  HeldPieces after = pieces_;
  after.use(from, length);
  if (after.loads() > most_loads(header_)) return false;
  pieces_ = after;
  return true;
}

void BlockWriter::close_region() {
  if (region_length_ == 0) return;
  put_number(plain_[control], new_length_);
  put_number(plain_[control], region_length_);
  put_number(plain_[control], fold(static_cast<std::int64_t>(region_from_) - static_cast<std::int64_t>(expected_)));
  expected_ = region_from_ + region_length_;
  new_length_ = 0;
  region_length_ = 0;
}

void BlockWriter::flush() {
  close_region();
  if (new_length_ > 0) {
    put_number(plain_[control], new_length_);
    put_number(plain_[control], 0);
    new_length_ = 0;
  }
  std::array<std::string, stream_count> packed;
  {
    // New bytes take as long to pack as all else; that each stream is packed by itself makes it the same in any thread.
    std::exception_ptr failure;
    const auto pack_new = [&] {
      try {
        packed[fresh] = packers_[fresh].pack(plain_[fresh]);
      } catch (...) { failure = std::current_exception(); }
    };
    io::Threads threads;
    if (plain_[fresh].size() < unit_size / 16 || !threads.try_start(pack_new)) pack_new();
    for (const Stream stream : {control, positions, differences}) packed[stream] = packers_[stream].pack(plain_[stream]);
    threads.join();
    if (failure) std::rethrow_exception(failure);
  }
  BlockHeader lengths;
  for (std::size_t i = 0; i < stream_count; ++i)
    lengths[i] = {.plain = static_cast<std::uint32_t>(plain_[i].size()), .packed = static_cast<std::uint32_t>(packed[i].size())};
  put(encode_block_header(lengths));
  for (std::size_t i = 0; i < stream_count; ++i) {
    put(packed[i]);
    plain_[i].clear();
  }
  carried_ = 0;
}

std::uint64_t BlockWriter::finish() {
  if (done_ % block_size != 0) flush();
  const Digest digest = hash_.finish();
  const std::string trailer(digest.bytes.begin(), digest.bytes.end());
  length_ += trailer.size();
  out_(trailer);
  return length_;
}

}  // namespace ingot::delta
