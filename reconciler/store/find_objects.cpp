// A packed file is known by its plain bytes, a table by its sums.
#include "reconciler/store/find_objects.hpp"

#include <algorithm>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/transfer/pack.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/error.hpp"

namespace ingot::store {

namespace {

class ObjectSearch {
 public:
  ObjectSearch(const Store& store, io::Files& files, const std::map<Digest, std::uint64_t>& wanted, const std::set<Digest>& known)
      : store_(store), files_(files), wanted_(wanted) {
    for (const auto& [digest, size] : wanted) sizes_.insert(size);
    for (StoredFile& file : store.contents()) {
      const bool object = file.kind == StoredFile::Kind::public_object || file.kind == StoredFile::Kind::private_object;
      if (object && !known.contains(file.digest)) files_here_.push_back(std::move(file));
    }
  }

  std::map<Digest, Packed> all() {
    for (const StoredFile& file : files_here_) {
      io::throw_if_interrupted();
      if (file.size > std::max(largest_packed_segment, largest_table)) continue;
      const std::string bytes = whole_bytes(file);
      if (bytes.empty()) continue;
      take_segment(file, bytes);
      take_table(file, bytes);
    }
    return std::move(found_);
  }

 private:
  /// "": it is damaged or cannot be read.
  std::string whole_bytes(const StoredFile& file) {
    try {
      std::string bytes = io::read_file(files_, store_.folder() + "/" + file.path, file.size);
      if (io::sha256(bytes) == file.digest) return bytes;
    } catch (const Error& error) {
      if (error.fault() != Fault::local) throw;
    }
    return "";
  }

  void take_segment(const StoredFile& file, const std::string& bytes) {
    std::string plain;
    for (const std::uint64_t size : sizes_) {
      if (size > segment_size || file.size > largest_packed_segment) return;  // the sizes only grow
      try {
        transfer::unpack_segment(bytes, size, plain);
      } catch (const Error&) {  // it holds something else
        continue;
      }
      const auto image = wanted_.find(io::sha256(plain));
      if (image != wanted_.end() && image->second == size)
        found_[image->first] = {.file = {.digest = file.digest, .length = file.size}, .segments = 1, .table = std::nullopt};
    }
  }

  void take_table(const StoredFile& file, const std::string& bytes) {
    const auto parsed = parse_segment_table(bytes);
    const auto* const table = std::get_if<SegmentTable>(&parsed);
    if (!table || !sizes_.contains(table->plain)) return;
    for (const StoredFile& candidate : files_here_) {
      if (candidate.size != table->packed) continue;
      const Packed packed{.file = {.digest = candidate.digest, .length = candidate.size},
                          .segments = table->segments.size(),
                          .table = Piece{.digest = file.digest, .length = file.size}};
      for (const auto& [digest, size] : wanted_) {
        if (size == table->plain && !found_.contains(digest) && store_.check_object(digest, size, packed, {}).empty())
          found_[digest] = packed;
      }
    }
  }

  const Store& store_;
  io::Files& files_;
  const std::map<Digest, std::uint64_t>& wanted_;
  std::set<std::uint64_t> sizes_;
  std::vector<StoredFile> files_here_;
  std::map<Digest, Packed> found_;
};

}  // namespace

std::map<Digest, Packed> find_objects(const Store& store, io::Files& files, const std::map<Digest, std::uint64_t>& wanted,
                                      const std::set<Digest>& known) {
  if (wanted.empty()) return {};
  return ObjectSearch(store, files, wanted, known).all();
}

}  // namespace ingot::store
