// Whether all of the tree is in the store as it was put there.
#include <algorithm>
#include <mutex>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/upload/jobs.hpp"
#include "reconciler/upload/parts.hpp"
#include "reconciler/upload/upload.hpp"

namespace ingot::upload {

namespace {

constexpr const char* missing = "is missing";

/// "": it is as it should be. A store checks bytes when they come; an object that another program put there has another ETag.
std::string what_is_wrong(Bucket& bucket, const TreeFile& file, const RecordedObject* recorded) {
  if (file.layer != Layer::bytes) {
    const auto got = bucket.get(file.path, file.piece.length);
    const auto* bytes = std::get_if<ObjectBytes>(&got);
    if (std::holds_alternative<NotThere>(got)) return missing;
    return bytes && io::sha256(bytes->bytes) == file.piece.digest ? "" : "has other bytes";
  }
  const auto facts = bucket.look_at(file.path);
  if (!facts) return missing;
  if (facts->size != file.piece.length) return fmt::format("has {} bytes, not {}", facts->size, file.piece.length);
  const bool is_ours = recorded && recorded->etag && *recorded->etag == facts->etag;
  return facts->digest == file.piece.digest && is_ours ? "" : "was put there by another program";
}

/// Other bytes than any object of a tree has. What is recorded with other bytes is put without a look at what is there.
Piece other_bytes() { return {.digest = io::sha256(""), .length = 0}; }

}  // namespace

std::vector<WrongObject> verify(Bucket& bucket, Records& records, const TreeFiles& tree, const UploadOptions& options,
                                bool note) {
  const std::map<std::string, RecordedObject> recorded = records.objects();
  std::mutex mutex;
  std::vector<WrongObject> wrong;
  std::vector<TreeFile> to_put;
  std::vector<std::function<void()>> jobs;
  for (const TreeFile& file : tree.files) {
    jobs.emplace_back([&] {
      if (options.may_go_on) options.may_go_on();
      const auto found = recorded.find(file.path);
      std::string why = what_is_wrong(bucket, file, found == recorded.end() ? nullptr : &found->second);
      if (why.empty()) return;
      const std::lock_guard lock(mutex);
      to_put.push_back({.path = file.path, .piece = why == missing ? file.piece : other_bytes(), .layer = file.layer});
      wrong.push_back({.path = file.path, .why = std::move(why)});
    });
  }
  run_jobs(jobs, options.parallel);
  if (note && !to_put.empty()) {
    for (const TreeFile& file : to_put) {
      if (file.piece == other_bytes()) forget_parts(bucket, records, file.path);
    }
    records.begin(to_put);
  }
  std::sort(wrong.begin(), wrong.end(), [](const WrongObject& one, const WrongObject& other) { return one.path < other.path; });
  return wrong;
}

}  // namespace ingot::upload
