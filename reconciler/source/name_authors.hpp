// Who wrote what a plan changes: the commit and author of each entry of the manifest that is new, changed or gone.
#pragma once

#include <optional>
#include <string>

#include "reconciler/plan/plan.hpp"
#include "reconciler/source/manifest_source.hpp"

namespace ingot::source {

/// Fills Reason::by of the actions. Nothing is asked of git for a plan without such actions, or if what was read is not all
/// committed (its lines are not those of the commit). `applied`: the commit that was applied last; what was taken out is looked
/// for since then.
void name_authors(plan::Plan& plan, const std::optional<ManifestCommit>& applied, const options::GlobalOptions& flags);

}  // namespace ingot::source
