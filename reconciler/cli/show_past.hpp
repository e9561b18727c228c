// What was here at an earlier moment: a table, and ingot.past/1. Pure.
#pragma once

#include <string>
#include <vector>

#include "reconciler/cli/output.hpp"
#include "reconciler/cli/past.hpp"
#include "reconciler/cli/style.hpp"

namespace ingot {

struct Past {
  Topic topic = Topic::images;
  const RunRecord* run = nullptr;  ///< the newest that had begun; nullptr: none had
  std::optional<Time> until;       ///< the moment, if it was given as a time
  std::vector<PastThing> things;
};

void show_past(const Past& past, const Style& style, Output& out);
void show_past_json(const Past& past, Output& out);

}  // namespace ingot
