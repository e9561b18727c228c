#include "reconciler/store/plain_reader.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/store/layout.hpp"
#include "reconciler/transfer/pack.hpp"
#include "schema/error.hpp"

namespace ingot::store {

PlainReader::PlainReader(io::Files& files, std::string path, SegmentTable table)
    : path_(std::move(path)), file_(files.open(path_, io::OpenFor::read)), table_(std::move(table)) {
  std::uint64_t offset = 0;
  for (const Segment& segment : table_.segments) {
    offsets_.push_back(offset);
    offset += segment.packed;
  }
}

void PlainReader::read(std::uint64_t offset, std::span<char> into) {
  while (!into.empty()) {
    const std::string& plain = segment(offset / segment_size);
    const std::uint64_t within = offset % segment_size;
    const std::size_t count = std::min<std::size_t>(into.size(), plain.size() - within);
    std::memcpy(into.data(), plain.data() + within, count);
    into = into.subspan(count);
    offset += count;
  }
}

const std::string& PlainReader::segment(std::size_t number) {
  const auto known = std::find_if(held_.begin(), held_.end(), [&](const Held& one) { return one.segment == number; });
  if (known != held_.end()) {
    held_.splice(held_.begin(), held_, known);
    return held_.front().plain;
  }
  io::throw_if_interrupted();
  const Segment& wanted = table_.segments.at(number);
  packed_.resize(wanted.packed);
  if (file_->read_at(offsets_[number], packed_) != packed_.size() || io::sha256(packed_) != wanted.digest)
    layout::refuse_damaged(path_, fmt::format("segment {} is not what its table says", number + 1));
  Held one{.segment = number, .plain = {}};
  if (held_.size() == segments_held) {  // its memory is used again
    one.plain = std::move(held_.back().plain);
    held_.pop_back();
  }
  try {
    transfer::unpack_segment(packed_, wanted.plain, one.plain);
  } catch (const Error& error) {
    layout::refuse_damaged(path_, fmt::format("segment {} is not sound: {}", number + 1, error.text()));
  }
  held_.push_front(std::move(one));
  return held_.front().plain;
}

}  // namespace ingot::store
