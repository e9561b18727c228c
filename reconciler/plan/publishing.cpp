// Whether a run publishes, and why (R23): only if what peers would read changes.
#include <fmt/format.h>

#include "reconciler/plan/passes.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot {

void plan_publish(const Situation& situation, Draft& draft) {
  std::uint64_t changes = 0;
  for (const auto& one : draft.changes) changes += one.publishes && !one.change.deferred ? 1U : 0U;
  std::string why;
  if (changes > 0) why = fmt::format("{} of this plan {} what peers read", counted(changes, "change"), changes == 1 ? "changes" : "change");
  else if (!situation.observed.publish_again.empty()) why = situation.observed.publish_again;
  else if (situation.snapshot.content_pending) why = "what is published is not what the state says";
  if (why.empty()) return;
  draft.add({.change = change_of(catalog_address(), Publish{}, {{.code = "changed", .rule = catalog_address().text, .at = std::nullopt, .text = std::move(why)}}),
             .phase = Phase::publish});
}

}  // namespace ingot
