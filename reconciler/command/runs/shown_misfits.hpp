// Whether a saved plan showed what would be shown now. Its intents are what is done; its titles, reasons and sizes are what
// somebody approved. Pure.
#pragma once

#include <vector>

#include "reconciler/plan/check_plan_fits.hpp"
#include "reconciler/show/plan/shown_plan.hpp"

namespace ingot::command {

/// `now`: the plan made again for the same addresses, all of which fit. Not compared: what may change while the plan still fits,
/// such as what of an image is here already and the size of a source. `same_heads`: no peer has published since; otherwise what
/// names a peer's serial may be another text.
std::vector<plan::Misfit> shown_misfits(const show::ShownPlan& saved, const show::ShownPlan& now, bool same_heads);

}  // namespace ingot::command
