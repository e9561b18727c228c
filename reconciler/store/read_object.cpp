// Reading an image's bytes back: every segment is verified before it is used, the whole at the end.
#include <fmt/core.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/store/layout.hpp"
#include "reconciler/store/store.hpp"
#include "reconciler/transfer/pack.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/error.hpp"

namespace ingot::store {

namespace {

using namespace layout;

constexpr std::size_t most_segments_named = 10;

/// Reads one packed segment after the other. What a damaged one is worth is the visitor's business.
class SegmentReader {
 public:
  SegmentReader(io::Files& files, const std::string& path) : path_(path), file_(files.open(path, io::OpenFor::read)) {}

  /// "" if the segment is what its table says; else why not. `plain` is then worthless.
  std::string next(const Segment& segment, std::string& plain) {
    io::throw_if_interrupted();
    packed_.resize(segment.packed);
    const std::size_t got = file_->read_at(offset_, packed_);
    offset_ += segment.packed;
    ++number_;
    packed_.resize(got);
    whole_.update(packed_);
    if (got < segment.packed) return fmt::format("segment {} ends after {} of {} bytes", number_, got, segment.packed);
    if (io::sha256(packed_) != segment.digest)
      return fmt::format("segment {} (bytes {} to {}) has another digest", number_, offset_ - segment.packed, offset_);
    try {
      transfer::unpack_segment(packed_, segment.plain, plain);
    } catch (const Error& error) { return fmt::format("segment {} is not sound: {}", number_, error.text()); }
    return "";
  }
  Digest whole() { return whole_.finish(); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::unique_ptr<io::File> file_;
  std::uint64_t offset_ = 0;
  std::uint64_t number_ = 0;
  std::string packed_;
  io::Sha256 whole_;
};

[[noreturn]] void refuse_missing(const Piece& file) {
  throw Error(Fault::local,
              fmt::format("the bytes \"{}\" are not in the store, or have another length", transfer::object_path(file.digest)));
}

SegmentTable table_of_one(std::uint64_t size, const Packed& packed) {
  return {.plain = size,
          .packed = packed.file.length,
          .segments = {{.plain = size, .packed = packed.file.length, .digest = packed.file.digest}}};
}

}  // namespace

void layout::refuse_damaged(const std::string& path, const std::string& why) {
  throw Error(Fault::local, fmt::format("\"{}\" is damaged: {}", io::printable(path), why),
              "the disk may be failing; \"ingot verify --repair\" gets the bytes again from the source or a peer");
}

PlainReader Store::plain_reader(const Digest& digest, std::uint64_t size, const Packed& packed) const {
  SegmentTable table = read_table(digest, size, packed);
  const auto path = path_of(packed.file);
  if (!path) refuse_missing(packed.file);
  return {*files_, *path, std::move(table)};
}

SegmentTable Store::read_table(const Digest& digest, std::uint64_t size, const Packed& packed) const {
  if (!packed.table) {
    if (size > segment_size || packed.file.length > largest_packed_segment)
      refuse_damaged(digest.text(), "it is too long for one segment");
    return table_of_one(size, packed);
  }
  const auto place = place_of(*packed.table);
  const std::string name = transfer::object_path(packed.table->digest);
  if (!place) throw Error(Fault::local, fmt::format("the segment table \"{}\" is not in the store, or has another length", name));
  const std::string path = object_in(packed.table->digest, *place);
  const std::string bytes = io::read_file(*files_, path, largest_table);
  if (io::sha256(bytes) != packed.table->digest) refuse_damaged(path, "the segment table has another digest");
  auto parsed = parse_segment_table(bytes, size, packed);
  if (const auto* const malformed = std::get_if<Malformed>(&parsed)) refuse_damaged(path, "the segment table " + malformed->why);
  return std::get<SegmentTable>(std::move(parsed));
}

void Store::read_plain(const Digest& digest, std::uint64_t size, const Packed& packed,
                       const std::function<void(std::string_view)>& out,
                       const std::function<void(std::uint64_t)>& progress) const {
  const SegmentTable table = read_table(digest, size, packed);
  const auto place = place_of(packed.file);
  if (!place) refuse_missing(packed.file);
  SegmentReader reader(*files_, object_in(packed.file.digest, *place));
  io::Sha256 hash;
  std::string plain;
  std::uint64_t done = 0;
  for (const Segment& segment : table.segments) {
    if (const std::string why = reader.next(segment, plain); !why.empty()) refuse_damaged(reader.path(), why);
    hash.update(plain);
    out(plain);
    done += plain.size();
    if (progress) progress(done);
  }
  const Digest whole = hash.finish();
  if (whole != digest) refuse_damaged(reader.path(), fmt::format("it holds {}, not {}", whole.text(), digest.text()));
}

std::vector<Damage> Store::check_object(const Digest& digest, std::uint64_t size, const Packed& packed,
                                        const std::function<void(std::uint64_t)>& progress) const {
  std::vector<Damage> found;
  std::string relative = transfer::object_path(packed.file.digest);
  std::string reading = relative;
  try {
    const auto place = place_of(packed.file);
    if (place)
      relative = folder_of(*place) + "/" + relative;
    else
      found.push_back({relative, "is not there, or has another length"});
    reading = packed.table ? transfer::object_path(packed.table->digest) : relative;
    const SegmentTable table = read_table(digest, size, packed);
    reading = relative;
    if (!place) return found;
    SegmentReader reader(*files_, object_in(packed.file.digest, *place));
    io::Sha256 hash;
    std::string plain;
    std::uint64_t done = 0;
    for (const Segment& segment : table.segments) {
      const std::string why = reader.next(segment, plain);
      if (!why.empty() && found.size() < most_segments_named) found.push_back({relative, why});
      if (why.empty()) hash.update(plain);
      done += segment.plain;
      if (progress) progress(done);
    }
    if (found.empty() && reader.whole() != packed.file.digest) found.push_back({relative, "has another digest"});
    if (found.empty() && hash.finish() != digest) found.push_back({relative, fmt::format("does not hold {}", digest.text())});
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    found.push_back({reading, error.text()});
  }
  check_second_copies(packed, found);
  return found;
}

std::optional<Damage> Store::check_file(const Piece& file) const {
  auto lacking = lacks({.file = file, .segments = 1, .table = std::nullopt});
  if (!lacking.empty()) return std::move(lacking.front());
  const std::string relative = transfer::object_path(file.digest);
  try {
    const auto place = place_of(file);
    if (place && is_whole(*files_, object_in(file.digest, *place), file.digest)) return std::nullopt;
    return Damage{.path = place ? folder_of(*place) + "/" + relative : relative, .why = "has another digest"};
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    return Damage{.path = relative, .why = error.text()};
  }
}

void Store::check_second_copies(const Packed& packed, std::vector<Damage>& found) const {
  for (const auto& object : {std::optional(packed.file), packed.table}) {
    if (!object) continue;
    std::string path = transfer::object_path(object->digest);
    try {
      const auto place = place_of(*object);
      if (!place) continue;
      path = folder_of(*place == Place::public_tree ? Place::private_tree : Place::public_tree) + "/" + path;
      if (files_->status(folder_ + "/" + path) && !is_whole(*files_, folder_ + "/" + path, object->digest))
        found.push_back({path, "has another digest, beside one that is whole"});
    } catch (const Error& error) {
      if (error.fault() != Fault::local) throw;
      found.push_back({path, error.text()});
    }
  }
}

}  // namespace ingot::store
