// What became of one thing here, run by run: ingot history. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"
#include "state/state.hpp"

namespace ingot::show {

/// One action on it, and the run that it is of.
struct RecordedChange {
  state::ActionRecord action;
  state::RunStart run;
};
/// An image that came by a run which this history does not have.
struct EarlierArrival {
  Address address;
  state::Provenance papers;
};

struct Changes {
  std::string what;                      ///< as it was asked for
  std::vector<RecordedChange> recorded;  ///< newest first
  std::vector<EarlierArrival> earlier;   ///< newest first
  bool empty() const { return recorded.empty() && earlier.empty(); }
};

void show_changes(const Changes& changes, const Style& style, Output& out);
void show_changes_json(const Changes& changes, Output& out);

}  // namespace ingot::show
