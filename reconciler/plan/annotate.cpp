#include "reconciler/plan/annotate.hpp"

#include <algorithm>

namespace ingot::plan {

namespace {

template <class Key>
std::shared_ptr<const CommitLine> author_or_null(const std::map<Key, std::shared_ptr<const CommitLine>>& known, const Key& key) {
  const auto found = known.find(key);
  return found == known.end() ? nullptr : found->second;
}

void name_author(const Authors& authors, const Change& change, Reason& reason) {
  if (is_changed_entry(change, reason)) {
    const auto lines = authors.entries.find(reason.at->file);
    if (lines != authors.entries.end()) reason.by = author_or_null(lines->second, reason.at->line);
  } else if (is_gone_entry(reason)) {
    reason.by = author_or_null(authors.gone, reason.rule);
  }
}

}  // namespace

bool is_changed_entry(const Change& change, const Reason& reason) {
  return reason.at && reason.rule == change.address.text && (reason.code == Code::new_ || reason.code == Code::changed);
}
bool is_gone_entry(const Reason& reason) { return !reason.at && reason.code == Code::dropped; }

void annotate(Plan& plan, const Annotations& found) {
  plan.notes.insert(plan.notes.end(), found.notes.begin(), found.notes.end());
  std::stable_sort(plan.notes.begin(), plan.notes.end(),
                   [](const Note& one, const Note& other) { return one.code < other.code; });
  if (found.authors.entries.empty() && found.authors.gone.empty()) return;
  for (auto& change : plan.actions) {
    for (auto& reason : change.because) name_author(found.authors, change, reason);
  }
}

}  // namespace ingot::plan
