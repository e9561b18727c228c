// The lines of a case file that are about uploads.
#pragma once

#include "reconciler/plan/observed.hpp"
#include "state/snapshot.hpp"
#include "tests/support/case_line.hpp"

namespace ingot::testing_support {

/// "upload PLACE serial= unfinished="
void take_upload(const CaseLine& line, state::Snapshot& snapshot);
/// "NAME as-recorded|other|nothing|refused CODE serial="
void take_upload_view(const CaseLine& line, plan::Observed& observed);

}  // namespace ingot::testing_support
