// Runs of the history: the list (ingot.history/1), and one run action by action. Pure.
#pragma once

#include <vector>

#include "reconciler/cli/json_writer.hpp"
#include "reconciler/cli/style.hpp"
#include "state/state.hpp"

namespace ingot {

/// Newest first, as given.
void show_history(const std::vector<RunRecord>& runs, const Style& style, Output& out);
void show_history_json(const std::vector<RunRecord>& runs, Output& out);
/// One run with its actions.
void show_run(const RunRecord& run, const Style& style, Output& out);
/// One run as a JSON value; `with_actions` adds them.
void put_run(const RunRecord& run, bool with_actions, JsonWriter& json);
/// "done", "exit 3", "did not finish"; in a word for tables.
std::string run_result(const RunRecord& run);

}  // namespace ingot
