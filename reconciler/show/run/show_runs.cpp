#include "reconciler/show/run/show_runs.hpp"

#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/table.hpp"
#include "reconciler/show/plan/show_manifest.hpp"

namespace ingot::show {

namespace {

void put_action(const state::ActionRecord& action, JsonWriter& json) {
  json.begin_object();
  json.member("address", action.address.text);
  json.member("verb", text_of(action.verb));
  json.member_or_null("arguments", action.arguments);
  json.member("outcome", text_of(action.outcome));
  json.member_or_null("code", action.code);
  json.member_or_null("text", action.text);
  json.member("started", action.started);
  json.member("finished", action.finished);
  json.end_object();
}

std::string commit_of(const state::RunRecord& run) {
  if (!run.start.git) return "-";
  return io::printable(short_commit(run.start.git->commit)) + (run.start.git->dirty ? "-dirty" : "");
}

}  // namespace

std::string run_result(const state::RunRecord& run) {
  if (!run.finished) return "did not finish";
  const std::string result = run.exit_code.value_or(0) == 0 ? "done" : fmt::format("exit {}", *run.exit_code);
  return run.deferred == 0 ? result : fmt::format("{}, {} deferred", result, run.deferred);
}

void put_run(const state::RunRecord& run, bool with_actions, JsonWriter& json) {
  json.begin_object();
  json.member("id", run.start.id);
  json.member("command", run.start.command);
  json.member("started", run.start.started);
  json.member("finished", run.finished);
  json.member("exit", run.exit_code);
  json.member("actor", run.start.actor);
  json.key("manifest");
  put_manifest(run.start.manifest_path, run.start.manifest_digest, run.start.git, json);
  json.member_or_null("plan", run.start.plan_id);
  json.member("planned", run.start.planned);
  json.member("done", run.done);
  json.member("failed", run.failed);
  json.member("skipped", run.skipped);
  json.member("deferred", run.deferred);
  if (with_actions) {
    json.key("actions");
    json.begin_lines();
    for (const auto& action : run.actions) put_action(action, json);
    json.end_array();
  }
  json.end_object();
}

void show_runs_json(const std::vector<state::RunRecord>& runs, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.history/1");
  json.key("runs");
  json.begin_lines();
  for (const auto& run : runs) put_run(run, false, json);
  json.end_array();
  json.end_object();
  json.finish();
}

void show_runs(const std::vector<state::RunRecord>& runs, const Style& style, Output& out) {
  if (runs.empty()) return out.put("No runs yet.\n");
  Table table({{"RUN"},
               {"COMMAND"},
               {"STARTED"},
               {"RESULT"},
               {"DONE", Align::right},
               {"FAILED", Align::right},
               {"SKIPPED", Align::right},
               {"COMMIT"},
               {"BY"}});
  for (const auto& run : runs) {
    table.row({io::printable(run.start.id), io::printable(run.start.command), time_text(run.start.started), run_result(run),
               std::to_string(run.done), std::to_string(run.failed), std::to_string(run.skipped), commit_of(run),
               io::printable(run.start.actor)});
  }
  table.show(out, style);
}

void show_run(const state::RunRecord& run, const Style& style, Output& out) {
  out.print("{}\n", style.bold("Run " + io::printable(run.start.id)));
  out.print("  {:<10} {}\n", "command", io::printable(run.start.command));
  out.print("  {:<10} {}\n", "started", time_text(run.start.started));
  out.print("  {:<10} {}\n", "finished", run.finished ? time_text(*run.finished) : "it died");
  out.print("  {:<10} {}\n", "result", run_result(run));
  out.print("  {:<10} {}\n", "by", io::printable(run.start.actor));
  out.print("  {:<10} {} ({})\n", "manifest", manifest_words(run.start.manifest_path, run.start.git),
            run.start.manifest_digest.text());
  if (run.start.git) out.print("  {:<10} {}\n", "repository", io::printable(run.start.git->repository));
  if (!run.start.plan_id.empty()) out.print("  {:<10} {}\n", "plan", io::printable(run.start.plan_id));
  out.print("  {:<10} {} planned, {} done, {} failed, {} skipped\n", "actions", run.start.planned, run.done, run.failed,
            run.skipped);
  for (const auto& action : run.actions) {
    const bool deferred = action.code == Code::deferred;
    const bool bad = action.outcome != state::ActionEnd::done && !deferred;
    out.print(
        "  {} {} {}{}{}\n",
        style.in(bad ? Ink::red : Ink::none, fmt::format("{:<10}", deferred ? text_of(action.code) : text_of(action.outcome))),
        text_of(action.verb), io::printable(action.address.text), action.arguments.empty() ? "" : "  ",
        io::printable(action.arguments));
    if (!action.text.empty())
      out.print("             {}{}{}\n", deferred ? "" : text_of(action.code), deferred || action.code == Code::none ? "" : ": ",
                io::printable(action.text));
  }
}

}  // namespace ingot::show
