// Runs of the history: the list (ingot.history/1), and one run action by action. Pure.
#pragma once

#include <vector>

#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/format/style.hpp"
#include "state/state.hpp"

namespace ingot::show {

/// Newest first, as given.
void show_runs(const std::vector<state::RunRecord>& runs, const Style& style, Output& out);
void show_runs_json(const std::vector<state::RunRecord>& runs, Output& out);
/// One run with its actions.
void show_run(const state::RunRecord& run, const Style& style, Output& out);
/// One run as a JSON value; `with_actions` adds them.
void put_run(const state::RunRecord& run, bool with_actions, JsonWriter& json);
/// "done", "exit 3", "did not finish"; in a word for tables.
std::string run_result(const state::RunRecord& run);

}  // namespace ingot::show
