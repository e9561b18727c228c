// Removing what this server put into a store and no reader needs any more.
#include "reconciler/upload/parts.hpp"
#include "reconciler/upload/upload.hpp"

namespace ingot::upload {

namespace {

/// Uploads in parts of objects that no tree names: nothing will finish them.
std::vector<std::string> unneeded_parts(Records& records, const std::set<std::string>& needed) {
  std::vector<std::string> paths = records.paths_in_parts();
  std::erase_if(paths, [&](const std::string& path) { return needed.contains(path); });
  return paths;
}

}  // namespace

void collect(Bucket& bucket, Records& records, const std::set<std::string>& needed, const CollectRules& rules,
             CollectedObjects& result) {
  std::vector<CollectedObject> due;
  std::vector<std::pair<std::string, std::optional<Time>>> marks;
  for (const auto& [path, object] : records.objects()) {
    if (needed.contains(path)) {
      if (object.unneeded_since) marks.emplace_back(path, std::nullopt);
      continue;
    }
    const bool is_new = !object.unneeded_since || *object.unneeded_since > rules.now;
    const Time since = is_new ? rules.now : *object.unneeded_since;
    const bool waited = rules.grace == Seconds(0) || (!is_new && since + rules.grace <= rules.now);
    (waited ? due : result.waiting).push_back({.path = path, .bytes = object.piece.length, .since = since});
    if (!waited && is_new) marks.emplace_back(path, since);
  }
  const std::vector<std::string> parts = unneeded_parts(records, needed);
  if (!due.empty() || !parts.empty()) result.refused = rules.may_remove && !rules.may_remove();
  if (result.refused) return;
  if (rules.dry_run) {
    result.taken = std::move(due);
    return;
  }
  if (!marks.empty()) records.mark_unneeded(marks);
  for (const std::string& path : parts) forget_parts(bucket, records, path);
  for (const CollectedObject& object : due) {
    bucket.remove(object.path);
    result.taken.push_back(object);
    records.forget({object.path});
  }
}

}  // namespace ingot::upload
