// What became of an apply: the closing account for people, and the JSON Lines of ingot.events/1. Pure.
#pragma once

#include <optional>
#include <string>

#include "reconciler/apply/events.hpp"
#include "reconciler/plan/plan.hpp"
#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"
#include "schema/error.hpp"
#include "schema/manifest/problem.hpp"

namespace ingot::show {

/// "Applied: 3 done, 1 failed."
std::string account_text(const plan::Plan& plan, const apply::Account& account);
/// Done, failed, not started, held, blocked, unknown, and what to do next. `run`: its id, for `ingot show`.
void show_account(const plan::Plan& plan, const apply::Account& account, const std::string& run, bool verbose, const Style& style,
                  Output& out);

// The lines of `apply --json`, each with its newline.
std::string first_event_json(const plan::Plan& plan, const Digest& plan_id, const std::string& run);
/// The same of a run that ended before it had a plan.
std::string first_event_json();
std::string start_event_json(const plan::Change& change);
std::string progress_event_json(const apply::ActionProgress& progress);
std::string end_event_json(const plan::Change& change, const apply::ActionResult& result);
std::string note_event_json(const std::string& text);
/// The last line, whatever happened. Without a plan the run ended before there was one; `fatal` says why it ended early.
std::string result_event_json(const plan::Plan* plan, const apply::Account& account, const std::optional<Error>& fatal);
/// The same of a run whose manifest or plan file is wrong.
std::string result_event_json(const Problems& problems);

}  // namespace ingot::show
