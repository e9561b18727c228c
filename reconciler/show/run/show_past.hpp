// What was here at an earlier moment: a table, and ingot.past/1. Pure.
#pragma once

#include <string>
#include <vector>

#include "reconciler/history/past.hpp"
#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"

namespace ingot::show {

struct Past {
  options::Topic topic = options::Topic::images;
  const state::RunRecord* run = nullptr;  ///< the newest that had begun; nullptr: none had
  std::optional<Time> until;              ///< the moment, if it was given as a time
  std::vector<history::PastThing> things;
};

void show_past(const Past& past, const Style& style, Output& out);
void show_past_json(const Past& past, Output& out);

}  // namespace ingot::show
