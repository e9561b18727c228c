// An exported image that goes from its folder.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "reconciler/plan/draft.hpp"
#include "reconciler/plan/merge/export_place.hpp"

namespace ingot::plan {

/// Why and when an exported image goes.
struct GoingExport {
  const ExportPlace& place;
  Reason because;
  Unexporting why = Unexporting::none;
  std::vector<std::string> changes;  ///< globs of members that may change by now
  std::set<std::string> links;       ///< in the same folder, which must not point to it
  std::string wait = {};             ///< why it stays for now, as a clause; "": it goes
  std::vector<Address> after = {};   ///< what must be done first
};

/// What somebody changed is held; what is gone already is forgotten; what a process uses is deferred.
void add_unexport(const state::ExportedRow& row, GoingExport going, Draft& draft);

}  // namespace ingot::plan
