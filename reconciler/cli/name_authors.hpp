// Who wrote what a plan changes: the commit and author of each entry of the manifest that is new, changed or gone.
#pragma once

#include <optional>
#include <string>

#include "reconciler/cli/manifest_source.hpp"
#include "reconciler/plan/plan.hpp"

namespace ingot {

/// Fills Reason::by of the actions. Nothing is asked of git for a plan without such actions, or if what was read is not all
/// committed (its lines are not those of the commit). `applied`: the commit that was applied last; what was taken out is looked
/// for since then.
void name_authors(Plan& plan, const std::optional<Provenance>& applied, const Everywhere& flags);

}  // namespace ingot
