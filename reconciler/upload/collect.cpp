// Removing what this server put into a store and no reader needs any more.
#include "reconciler/upload/parts.hpp"
#include "reconciler/upload/upload.hpp"

namespace ingot::upload {

namespace {

/// Nothing finishes an upload in parts of an object that no tree names.
void drop_parts(Bucket& bucket, Records& records, const std::set<std::string>& needed) {
  for (const std::string& path : records.paths_in_parts()) {
    if (!needed.contains(path)) forget_parts(bucket, records, path);
  }
}

}  // namespace

CollectedObjects collect(Bucket& bucket, Records& records, const std::set<std::string>& needed, const CollectRules& rules) {
  CollectedObjects result;
  std::vector<std::pair<std::string, std::optional<Time>>> marks;
  for (const auto& [path, object] : records.objects()) {
    if (needed.contains(path)) {
      if (object.unneeded_since) marks.emplace_back(path, std::nullopt);
      continue;
    }
    const bool is_new = !object.unneeded_since || *object.unneeded_since > rules.now;
    const Time since = is_new ? rules.now : *object.unneeded_since;
    const bool waited = rules.grace == Seconds(0) || (!is_new && since + rules.grace <= rules.now);
    (waited ? result.taken : result.waiting).push_back({.path = path, .bytes = object.piece.length, .since = since});
    if (!waited && is_new) marks.emplace_back(path, since);
  }
  if (rules.dry_run) return result;
  if (!marks.empty()) records.mark_unneeded(marks);
  drop_parts(bucket, records, needed);
  for (const CollectedObject& object : result.taken) {
    bucket.remove(object.path);
    records.forget({object.path});
  }
  return result;
}

}  // namespace ingot::upload
