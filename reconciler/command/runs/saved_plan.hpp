// Plans in files: saved by `plan --out`, taken by `apply FILE`, `show FILE` and `diff`.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "reconciler/command/runs/look.hpp"
#include "reconciler/show/plan/plan_document.hpp"
#include "schema/manifest/problem.hpp"

namespace ingot::command {

/// Before any work: Error{usage} if something that is not a plan stands there.
void require_place_for_plan(io::Files& files, const std::string& path);
/// What the plan was made of, for those who want to apply it later.
plan::PlanBasis basis_of(const Observation& observation, const site::Site& site, const plan::PlanOptions& options);
/// Mode 0600, whole or not at all, durably.
void save_plan(io::Files& files, const std::string& path, const show::ShownPlan& plan, const plan::PlanBasis& basis);

/// Whether a file is there that begins as a plan does; false if it cannot be read.
bool is_plan_file(io::Files& files, const std::string& path);
/// Error{usage}: nothing is there. Problem: what is there is no plan.
std::variant<show::PlanDocument, Problem> read_plan(io::Files& files, const std::string& path);
/// A plan that can be applied, and what was shown of it.
struct KeptPlan {
  plan::SavedPlan saved;
  show::ShownPlan shown;
};
/// The same of one that can be applied.
std::variant<KeptPlan, Problem> read_saved_plan(io::Files& files, const std::string& path);

/// The runs since `last`, newest first.
std::vector<plan::LaterRun> runs_since(const state::State& state, const std::optional<std::string>& last);
/// Tells every misfit on a line of its own and throws Error{stale}; nothing if there is none.
void require_fit(const std::vector<plan::Misfit>& misfits, const std::string& path, const console::Session& session);

}  // namespace ingot::command
