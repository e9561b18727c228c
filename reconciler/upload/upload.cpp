#include "reconciler/upload/upload.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <span>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/upload/jobs.hpp"
#include "reconciler/upload/parts.hpp"
#include "schema/catalog/root.hpp"
#include "schema/error.hpp"

namespace ingot::upload {

namespace {

using Kind = HeadThere::Kind;

constexpr std::uint64_t most_parts = 10'000;         ///< of an object, in S3
constexpr std::uint64_t worth_a_look = 1024 * 1024;  ///< bytes of a file that a run may have put before it died
constexpr std::size_t records_at_once = 100;         ///< objects

/// So many bytes has each part but the last. The same for a file in every run.
std::uint64_t part_size_of(std::uint64_t length, std::uint64_t usual) {
  constexpr std::uint64_t step = 1024 * 1024;
  return std::max(usual, ((length + most_parts - 1) / most_parts + step - 1) / step * step);
}

/// Reads a range of an open file.
io::BodyReader range_of(io::File& file, std::uint64_t first) {
  return [&file, first](std::uint64_t offset, std::span<char> into) { return file.read_at(first + offset, into); };
}

/// One upload.
class Uploading {
 public:
  Uploading(Bucket& bucket, Records& records, io::Files& files, std::string folder, const TreeFiles& tree,
            const UploadOptions& options)
      : bucket_(bucket), records_(records), files_(files), folder_(std::move(folder)), tree_(tree), options_(options) {}

  UploadSums all(const OwnTree& own) {
    const RecordedHead known = records_.head();
    const HeadThere there = look_at_head(bucket_, known, own);
    refuse_foreign(there, tree_.serial, bucket_.place());
    const bool has_head = choose(known, there);
    if (has_head && todo_.empty()) {
      settle_the_rest();
      return sums_;
    }
    records_.begin(todo_);
    for (const Layer layer : {Layer::roots, Layer::bytes, Layer::pages, Layer::index}) put_layer(layer);
    put_head();
    settle_the_rest();
    return sums_;
  }

 private:
  /// Whether the tree's head is there already; what else is to be put goes to todo_.
  bool choose(const RecordedHead& known, const HeadThere& there) {
    // While the head there is not the one that was put last, somebody has changed or emptied the place: each object that is
    // recorded is looked at. If there was a head, objects that are not recorded may be there too.
    const std::map<std::string, RecordedObject> recorded = records_.objects();
    const bool as_recorded = there.kind == Kind::as_known || is_head_of_a_dead_run(there, recorded);
    const bool may_have_more = !as_recorded && (known.serial > 0 || there.kind == Kind::other);
    bool has_head = false;
    for (const TreeFile& file : tree_.files) {
      const auto found = recorded.find(file.path);
      const bool differs = found != recorded.end() && found->second.piece != file.piece;
      const bool same = found != recorded.end() && !differs;
      const bool is_there = same && found->second.etag && as_recorded;
      if (file.layer == Layer::head) {
        has_head = is_there && there.serial == tree_.serial;
        continue;
      }
      if (is_there) continue;
      if (differs)
        forget_parts(bucket_, records_, file.path);
      else if (may_have_more || (same && (found->second.etag || file.piece.length >= worth_a_look)))
        look_first_.insert(file.path);
      todo_.push_back(file);
      total_ += file.piece.length;
    }
    return has_head;
  }

  /// What a dead run began of an older tree is not unfinished any more. gc still knows of it, and should a tree name it again, it
  /// is put without a look.
  void settle_the_rest() {
    std::set<std::string> named;
    for (const TreeFile& file : tree_.files) named.insert(file.path);
    std::vector<std::pair<TreeFile, std::string>> rest;
    for (const auto& [path, object] : records_.objects()) {
      if (object.etag || named.contains(path)) continue;
      forget_parts(bucket_, records_, path);
      rest.emplace_back(TreeFile{.path = path, .piece = {.digest = io::sha256(""), .length = 0}}, "");
    }
    if (!rest.empty()) records_.done(rest);
  }

  /// A run that put the head, and died before it recorded that, had recorded all else before.
  static bool is_head_of_a_dead_run(const HeadThere& there, const std::map<std::string, RecordedObject>& recorded) {
    const auto head = recorded.find(head_path);
    return there.kind == Kind::other && head != recorded.end() && !head->second.etag && head->second.piece.digest == there.digest;
  }

  void put_layer(Layer layer) {
    std::vector<TreeFile> files;
    for (const TreeFile& file : todo_) {
      if (file.layer == layer) files.push_back(file);
    }
    for (int round = 0; round < 2 && !files.empty(); ++round) files = put_files(files);
    if (!files.empty())
      throw Error(Fault::incomplete, fmt::format("the store lost parts of {} twice", files.front().path), "run it again")
          .with_code(Code::unreachable);
  }

  /// An object in parts, while its parts are put side by side.
  struct InParts {
    TreeFile file;
    std::unique_ptr<io::File> open;  ///< null: it is there already
    std::uint64_t part_size = 0;
    std::vector<Digest> digests;  ///< of the parts
    RecordedParts parts;
    std::uint64_t counted = 0;  ///< bytes that progress has told of
    std::atomic<bool> lost = false;
    std::mutex mutex;
  };

  /// Gives those of which the store has lost parts.
  std::vector<TreeFile> put_files(const std::vector<TreeFile>& files) {
    std::vector<TreeFile> lost;
    try {
      std::vector<std::function<void()>> jobs;
      std::vector<const TreeFile*> large;
      for (const TreeFile& file : files) {
        if (file.piece.length <= options_.part_size)
          jobs.emplace_back([this, &file] { put_whole(file); });
        else
          large.push_back(&file);
      }
      run_jobs(jobs, options_.parallel);
      // In groups: each of a group is open, and has an upload under way that the store keeps until it is finished.
      for (std::size_t first = 0; first < large.size(); first += options_.parallel)
        put_in_parts(std::span(large).subspan(first, std::min<std::size_t>(options_.parallel, large.size() - first)), lost);
    } catch (...) {
      flush();
      throw;
    }
    flush();
    return lost;
  }

  void put_in_parts(std::span<const TreeFile* const> files, std::vector<TreeFile>& lost) {
    std::vector<std::unique_ptr<InParts>> group;
    std::vector<std::function<void()>> begun, jobs;
    for (const TreeFile* file : files) {
      InParts& whole = *group.emplace_back(std::make_unique<InParts>());
      whole.file = *file;
      begun.emplace_back([this, &whole] { begin_parts(whole); });
    }
    run_jobs(begun, options_.parallel);
    for (const auto& whole : group) {
      for (int number = 1; static_cast<std::size_t>(number) <= whole->digests.size(); ++number)
        jobs.emplace_back([this, &one = *whole, number] { put_part(one, number); });
    }
    run_jobs(jobs, options_.parallel);
    for (const auto& whole : group) {
      if (whole->open && !finish(*whole)) lost.push_back(whole->file);
    }
  }

  std::unique_ptr<io::File> open(const TreeFile& file) {
    const std::string path = folder_ + "/" + file.path;
    auto opened = files_.open(path, io::OpenFor::read);
    if (const auto size = opened->status().size; size != file.piece.length)
      throw Error(Fault::local, fmt::format("\"{}\" has {} bytes, not {}", io::printable(path), size, file.piece.length),
                  "run \"ingot verify --repair\"")
          .with_code(Code::damaged);
    return opened;
  }

  bool is_there_already(const TreeFile& file) {
    if (!look_first_.contains(file.path)) return false;
    const auto facts = bucket_.look_at(file.path);
    if (!facts || facts->size != file.piece.length || facts->digest != file.piece.digest) return false;
    forget_parts(bucket_, records_, file.path);
    count(file.piece.length);
    note_done(file, facts->etag);
    return true;
  }

  void put_whole(const TreeFile& file) {
    may_go_on();
    if (is_there_already(file)) return;
    const auto opened = open(file);
    const std::string etag = bucket_.put(file.path, file.piece, served_as(file.path), range_of(*opened, 0));
    count(file.piece.length);
    note_put(file);
    note_done(file, etag);
  }

  void begin_parts(InParts& whole) {
    const TreeFile& file = whole.file;
    may_go_on();
    if (is_there_already(file)) return;
    whole.open = open(file);
    whole.part_size = part_size_of(file.piece.length, options_.part_size);
    whole.digests = digests_of_parts(whole);
    if (auto begun = records_.parts(file.path)) {
      whole.parts = *std::move(begun);
    } else {
      whole.parts.id = bucket_.start_parts(file.path, file.piece, served_as(file.path));
      records_.parts_are(file.path, whole.parts.id);
    }
  }

  /// Reads the file once, and compares it with its own digest: the store can do that with each part only.
  std::vector<Digest> digests_of_parts(const InParts& whole) {
    const TreeFile& file = whole.file;
    std::vector<Digest> digests;
    std::vector<char> buffer(256 * 1024);
    io::Sha256 all;
    for (std::uint64_t at = 0; at < file.piece.length;) {
      const std::uint64_t end = std::min(at + whole.part_size, file.piece.length);
      io::Sha256 part;
      while (at < end) {
        may_go_on();
        const auto want = std::span(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - at)));
        const std::size_t got = whole.open->read_at(at, want);
        if (got == 0) fail_as_damaged(file);
        all.update(std::string_view(buffer.data(), got));
        part.update(std::string_view(buffer.data(), got));
        at += got;
      }
      digests.push_back(part.finish());
    }
    if (all.finish() != file.piece.digest) fail_as_damaged(file);
    return digests;
  }

  [[noreturn]] void fail_as_damaged(const TreeFile& file) const {
    throw Error(Fault::local, fmt::format("\"{}/{}\" is damaged", io::printable(folder_), file.path),
                "run \"ingot verify --repair\"")
        .with_code(Code::damaged);
  }

  static std::uint64_t first_of(const InParts& whole, int number) {
    return whole.part_size * static_cast<std::uint64_t>(number - 1);
  }
  static std::uint64_t length_of(const InParts& whole, int number) {
    return std::min(whole.part_size, whole.file.piece.length - first_of(whole, number));
  }

  void put_part(InParts& whole, int number) {
    const std::uint64_t first = first_of(whole, number), length = length_of(whole, number);
    {
      const std::lock_guard lock(whole.mutex);
      if (whole.parts.etags.contains(number)) return count_part(whole, length);
    }
    if (whole.lost) return;
    may_go_on();
    const Piece part{.digest = whole.digests[static_cast<std::size_t>(number - 1)], .length = length};
    const auto etag = bucket_.put_part(whole.file.path, whole.parts.id, number, part, range_of(*whole.open, first));
    if (!etag) {
      whole.lost = true;
      return;
    }
    records_.part_is_there(whole.file.path, number, *etag);
    const std::lock_guard lock(whole.mutex);
    whole.parts.etags[number] = *etag;
    count_part(whole, length);
  }

  /// With whole.mutex held.
  void count_part(InParts& whole, std::uint64_t length) {
    whole.counted += length;
    count(length);
  }

  /// False: the store has lost some of the parts.
  bool finish(InParts& whole) {
    const std::string& path = whole.file.path;
    std::vector<std::string> etags;
    for (const auto& [number, etag] : whole.parts.etags) etags.push_back(etag);
    const bool finished = !whole.lost && bucket_.finish_parts(path, whole.parts.id, etags);
    // A store that was cut short may have finished it all the same; and not every store tells the object's ETag here.
    const auto facts = bucket_.look_at(path);
    if (facts && facts->size == whole.file.piece.length && facts->digest == whole.file.piece.digest) {
      note_put(whole.file);
      note_done(whole.file, facts->etag);
      return true;
    }
    if (finished)
      throw Error(Fault::incomplete, fmt::format("the store put {} together wrongly", path), "run it again")
          .with_code(Code::unreachable);
    forget_parts(bucket_, records_, path);
    done_ -= whole.counted;  // they are put again
    return false;
  }

  void put_head() {
    const TreeFile& head = tree_.files.back();
    records_.begin({head});
    const auto opened = open(head);
    const std::string etag = bucket_.put(head.path, head.piece, served_as(head.path), range_of(*opened, 0));
    note_put(head);
    records_.done({{head, etag}});
    records_.head_is({.serial = tree_.serial, .etag = etag});
  }

  void may_go_on() const {
    if (options_.may_go_on) options_.may_go_on();
  }

  void count(std::uint64_t bytes) {
    const std::uint64_t done = done_ += bytes;
    if (options_.progress) options_.progress(done, total_);
  }

  void note_put(const TreeFile& file) {
    const std::lock_guard lock(mutex_);
    ++sums_.objects;
    sums_.bytes += file.piece.length;
  }

  void note_done(const TreeFile& file, const std::string& etag) {
    const std::lock_guard lock(mutex_);
    came_.emplace_back(file, etag);
    if (came_.size() < records_at_once) return;
    records_.done(came_);
    came_.clear();
  }

  void flush() {
    const std::lock_guard lock(mutex_);
    if (!came_.empty()) records_.done(came_);
    came_.clear();
  }

  Bucket& bucket_;
  Records& records_;
  io::Files& files_;
  std::string folder_;
  const TreeFiles& tree_;
  const UploadOptions& options_;
  std::vector<TreeFile> todo_;
  std::set<std::string> look_first_;
  std::uint64_t total_ = 0;  ///< bytes of todo_
  std::atomic<std::uint64_t> done_ = 0;
  std::mutex mutex_;
  std::vector<std::pair<TreeFile, std::string>> came_;  ///< and are not recorded yet
  UploadSums sums_;
};

}  // namespace

HeadThere look_at_head(Bucket& bucket, const RecordedHead& known, const OwnTree& own) {
  const auto got = bucket.get(head_path, largest_head, known.etag);
  if (std::holds_alternative<NotModified>(got)) return {.kind = Kind::as_known, .serial = known.serial};
  if (const auto* bytes = std::get_if<ObjectBytes>(&got)) {
    const auto serial = own.own_serial(bytes->bytes);
    if (!serial) return {.kind = Kind::foreign};
    const bool is_known = known.serial > 0 && *serial == known.serial;
    if (is_known) return {.kind = Kind::as_known, .serial = *serial};
    return {.kind = Kind::other, .serial = *serial, .digest = io::sha256(bytes->bytes)};
  }
  if (std::holds_alternative<TooLong>(got)) return {.kind = Kind::foreign};
  // Another server may have begun: it puts its first root before anything else.
  const auto root = bucket.get(first_root_path, largest_root);
  const auto* bytes = std::get_if<ObjectBytes>(&root);
  const bool is_free = std::holds_alternative<NotThere>(root) || (bytes && bytes->bytes == own.first_root);
  return {.kind = is_free ? Kind::nothing : Kind::foreign};
}

void refuse_foreign(const HeadThere& there, Serial published, const UploadEntry& place) {
  const std::string address = "upload." + place.name.text();
  if (there.kind == Kind::foreign)
    throw Error(Fault::incomplete, fmt::format("{} holds the tree of another server, or none that can be read", place_of(place)),
                "give this upload a prefix of its own; nothing was changed there")
        .with_code(Code::in_the_way)
        .about(address);
  if (there.serial > published)
    throw Error(
        Fault::incomplete,
        fmt::format("{} holds serial {}, but this server has published serial {}", place_of(place), there.serial, published),
        "if the state was restored from an old copy, run \"ingot state rebuild\"; if this server did not sign that "
        "head, its catalog key is stolen: run \"ingot key revoke\"")
        .with_code(Code::old_state)
        .about(address);
}

UploadSums upload(Bucket& bucket, Records& records, io::Files& files, const std::string& folder, const TreeFiles& tree,
                  const OwnTree& own, const UploadOptions& options) {
  return Uploading(bucket, records, files, folder, tree, options).all(own);
}

}  // namespace ingot::upload
