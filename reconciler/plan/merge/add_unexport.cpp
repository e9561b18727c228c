#include "reconciler/plan/merge/add_unexport.hpp"

#include <fmt/format.h>

namespace ingot::plan {

void add_unexport(const state::ExportedRow& row, GoingExport going, Draft& draft) {
  const ExportedView* seen = going.place.seen(row.image);
  const Address address = exported_address(row.name, row.image);
  if (!seen || seen->sight == ExportSight::gone) {
    draft.forgotten.push_back({.name = row.name, .folder = row.folder, .image = row.image});
    return;
  }
  if (seen->sight == ExportSight::changed && row.changes == going.changes) {
    draft.held.push_back({.address = address,
                          .verb = Verb::unexport,
                          .code = Code::changed_export,
                          .text = fmt::format("{}; but \"{}/{}\" {}: what somebody changed is not removed", going.because.text,
                                              row.folder, row.image.text(), seen->why),
                          .mend = mend_changed,
                          .because = {going.because}});
    return;
  }
  Change change = change_of(address, Unexport{.row = row, .links = std::move(going.links), .changes = std::move(going.changes)},
                            {std::move(going.because)});
  if (going.wait.empty() && !seen->used_by.empty()) going.wait = "in use: " + seen->used_by;
  change.deferred = !going.wait.empty();
  change.deferred_why = std::move(going.wait);
  if (!change.deferred) {
    change.after = std::move(going.after);
    draft.wait_for(change, export_address(row.name));
  }
  draft.add({.change = std::move(change), .phase = Phase::unexports, .unexports = going.why});
}

}  // namespace ingot::plan
