#include "reconciler/show/run/show_changes.hpp"

#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"

namespace ingot::show {

namespace {

Ink ink_of(const state::ActionRecord& action) {
  return action.outcome == state::ActionEnd::done     ? Ink::green
         : action.outcome == state::ActionEnd::failed ? Ink::red
                                                      : Ink::yellow;
}

std::string by(const std::string& actor, const std::optional<std::string>& commit) {
  return io::printable(actor) + (commit ? ", commit " + io::printable(*commit) : "");
}

std::optional<std::string> commit_of(const state::RunStart& run) {
  return run.git ? std::optional(run.git->commit_text()) : std::nullopt;
}

void detail(std::string_view name, const std::string& text, Output& out) {
  if (!text.empty()) out.print("  {:<5} {}\n", name, text);
}

void show_recorded(const RecordedChange& change, const Style& style, Output& out) {
  const state::ActionRecord& action = change.action;
  out.print("{}  {} {} {}\n", time_text(action.finished.value_or(action.started)),
            style.in(ink_of(action), fmt::format("{:<10}", text_of(action.outcome))), text_of(action.verb),
            style.bold(io::printable(action.address.text)));
  detail("what", io::printable(action.arguments), out);
  const bool done = action.outcome == state::ActionEnd::done;
  detail(done ? "how" : "but",
         (action.code == Code::none ? "" : fmt::format("{}: ", text_of(action.code))) + io::printable(action.text), out);
  detail("run",
         fmt::format("{}, {} by {}", io::printable(change.run.id), io::printable(change.run.command),
                     by(change.run.actor, commit_of(change.run))),
         out);
}

void show_earlier(const EarlierArrival& arrival, const Style& style, Output& out) {
  const state::Provenance& papers = arrival.papers;
  out.print("{}  {} {}\n", time_text(papers.time), style.in(Ink::green, fmt::format("{:<10}", "came")),
            style.bold(io::printable(arrival.address.text)));
  detail("what", fmt::format("{}{}", io::printable(papers.rule), papers.peer ? ", from " + io::printable(*papers.peer) : ""),
         out);
  detail("run",
         fmt::format("{} by {}; from its provenance file, as this state is younger", io::printable(papers.run),
                     by(papers.actor, papers.commit)),
         out);
}

void put_run_of(const std::string& id, const std::optional<std::string>& command, const std::string& actor,
                const std::optional<std::string>& commit, JsonWriter& json) {
  json.key("run");
  json.begin_object();
  json.member("id", id);
  json.member("command", command);
  json.member("actor", actor);
  json.member("commit", commit);
  json.end_object();
}

void put_recorded(const RecordedChange& change, JsonWriter& json) {
  const state::ActionRecord& action = change.action;
  json.begin_object();
  json.member("address", action.address.text);
  json.member("verb", text_of(action.verb));
  json.member("outcome", text_of(action.outcome));
  json.member_or_null("code", action.code);
  json.member_or_null("text", action.text);
  json.member_or_null("arguments", action.arguments);
  json.member("started", action.started);
  json.member("finished", action.finished);
  put_run_of(change.run.id, change.run.command, change.run.actor, commit_of(change.run), json);
  json.end_object();
}

void put_earlier(const EarlierArrival& arrival, JsonWriter& json) {
  json.begin_object();
  json.member("address", arrival.address.text);
  json.member("time", arrival.papers.time);
  json.member("rule", arrival.papers.rule);
  json.member("peer", arrival.papers.peer);
  put_run_of(arrival.papers.run, std::nullopt, arrival.papers.actor, arrival.papers.commit, json);
  json.end_object();
}

}  // namespace

void show_changes(const Changes& changes, const Style& style, Output& out) {
  for (const auto& change : changes.recorded) show_recorded(change, style, out);
  for (const auto& arrival : changes.earlier) show_earlier(arrival, style, out);
}

void show_changes_json(const Changes& changes, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.changes/1");
  json.member("what", changes.what);
  json.key("changes");
  json.begin_lines();
  for (const auto& change : changes.recorded) put_recorded(change, json);
  json.end_array();
  json.key("earlier");
  json.begin_lines();
  for (const auto& arrival : changes.earlier) put_earlier(arrival, json);
  json.end_array();
  json.end_object();
  json.finish();
}

}  // namespace ingot::show
