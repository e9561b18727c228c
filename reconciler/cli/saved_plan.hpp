// Plans in files: kept by `plan --out`, taken by `apply FILE`, `show FILE` and `diff`.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "reconciler/cli/look.hpp"
#include "reconciler/cli/plan_document.hpp"
#include "schema/problem.hpp"

namespace ingot {

/// Before any work: Error{usage} if something that is not a plan stands there.
void require_place_for_plan(Files& files, const std::string& path);
/// What the plan was made of, for those who want to apply it later.
PlanBasis basis_of(const Looked& looked, const Site& site, const PlanOptions& options);
/// Mode 0600, whole or not at all, durably.
void save_plan(Files& files, const std::string& path, const ShownPlan& plan, const PlanBasis& basis);

/// Whether a file is there that begins as a plan does; false if it cannot be read.
bool is_plan_file(Files& files, const std::string& path);
/// Error{usage}: nothing is there. Problem: what is there is no plan.
std::variant<PlanDocument, Problem> read_plan(Files& files, const std::string& path);
/// A plan that can be applied, and what was shown of it.
struct KeptPlan {
  SavedPlan saved;
  ShownPlan shown;
};
/// The same of one that can be applied.
std::variant<KeptPlan, Problem> read_saved_plan(Files& files, const std::string& path);

/// The runs since `last`, newest first.
std::vector<LaterRun> runs_since(const State& state, const std::optional<std::string>& last);
/// Tells every misfit on a line of its own and throws Error{stale}; nothing if there is none.
void require_fit(const std::vector<Misfit>& misfits, const std::string& path, const Session& session);

}  // namespace ingot
