// The lines of a case file that are about exports.
#pragma once

#include "reconciler/plan/observed.hpp"
#include "state/snapshot.hpp"
#include "tests/support/case_line.hpp"

namespace ingot::testing_support {

/// "export NAME FOLDER link=L linked=I run-for=I"
void take_export(const CaseLine& line, state::Snapshot& snapshot);
/// "exported NAME FOLDER IMAGE owner= mode= changes=a,b"; it is whole in its folder unless a line of "== exports" says otherwise.
void take_exported(const CaseLine& line, const Digest& digest, state::Snapshot& snapshot, plan::Observed& observed);
/// "NAME FOLDER entries=a,b link=current:a|current: changed|half-given|gone|left-over|used=a,b refused|not-mounted"
void take_export_view(const CaseLine& line, plan::Observed& observed);

}  // namespace ingot::testing_support
