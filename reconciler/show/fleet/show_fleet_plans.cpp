#include "reconciler/show/fleet/show_fleet_plans.hpp"

#include <algorithm>

#include "reconciler/io/printable.hpp"
#include "reconciler/plan/texts.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/format/markdown.hpp"
#include "reconciler/show/format/table.hpp"
#include "reconciler/show/plan/show_plan.hpp"
#include "reconciler/show/plan/show_plan_json.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::show {

namespace {

using Places = std::vector<std::size_t>;

constexpr std::string_view not_checked =
    "Each plan is made from the state that the server publishes. Sources, disk, time (`window`) and host guard were not checked.";

/// What the plan of a server comes to, or why there is none.
std::string result_of(const fleet::PlannedServer& server) {
  return server.plan ? plan_summary(shown_plan(*server.plan, server.plan_id)) : io::printable(server.why);
}

std::string answer_of(const fleet::PlannedServer& server) {
  return std::string(text_of(server.trouble == Code::none ? Code::ok : server.trouble));
}

std::size_t plans_in(const std::vector<fleet::PlannedServer>& servers) {
  return static_cast<std::size_t>(
      std::count_if(servers.begin(), servers.end(), [](const fleet::PlannedServer& server) { return server.plan.has_value(); }));
}

/// "Plans of 3 servers", "Plans of 2 of 3 servers".
std::string heading_of(const std::vector<fleet::PlannedServer>& servers) {
  const std::size_t plans = plans_in(servers);
  const std::string all = plan::counted(servers.size(), "server");
  return plans == servers.size() ? fmt::format("Plans of {}", all) : fmt::format("Plans of {} of {}", plans, all);
}

/// "paris, rome", "all 40 servers", "paris, rome, oslo and 7 more".
std::string names_of(const Places& places, const std::vector<fleet::PlannedServer>& servers, bool all) {
  constexpr std::size_t most = 4;
  if (places.size() > 1 && places.size() == servers.size()) return fmt::format("all {} servers", servers.size());
  std::vector<std::string> names;
  for (const std::size_t place : places) names.push_back(io::printable(servers[place].name));
  return plan::some_listed(names, all ? names.size() : most);
}

/// The folder of the manifest of the first of these servers: there places in its manifest start.
std::string folder_of_first(const Places& places, const std::vector<fleet::PlannedServer>& servers) {
  return folder_of(servers[places.front()].manifest);
}

/// A line of the plans: an action with one of its reasons.
struct Row {
  const fleet::SharedAction* action;
  const fleet::SharedReason* reason;
};

std::vector<Row> rows_of(const std::vector<fleet::SharedAction>& actions) {
  std::vector<Row> rows;
  for (const auto& action : actions) {
    for (const auto& reason : action.reasons) rows.push_back({&action, &reason});
  }
  return rows;
}

/// "paris, rome", "deferred: oslo".
std::string servers_text(const Row& row, const std::vector<fleet::PlannedServer>& servers, bool all) {
  const std::string names = names_of(row.reason->servers, servers, all);
  return row.reason->fate == fleet::Fate::planned ? names : fmt::format("{}: {}", text_of(row.reason->fate), names);
}

/// A line in a manifest only if one server alone has the reason.
std::string why_of(const Row& row, const std::vector<fleet::PlannedServer>& servers) {
  const fleet::SharedReason& reason = *row.reason;
  const std::string why = io::printable(reason.why);
  const std::string waits = reason.deferred_why.empty() ? "" : "; deferred: " + io::printable(reason.deferred_why);
  if (reason.servers.size() > 1) return why + waits;
  const std::string folder = folder_of_first(reason.servers, servers);
  if (reason.because != nullptr) return why + place_of(*reason.because, folder) + waits;
  return reason.at ? fmt::format("{} ({})", why, io::printable(folder + reason.at->text())) : why;
}

std::string why_of(const fleet::SharedUnknown& unknown, const std::vector<fleet::PlannedServer>& servers) {
  const std::string why = io::printable(unknown.why);
  if (unknown.servers.size() > 1 || !unknown.at) return why;
  return fmt::format("{} ({})", why, io::printable(folder_of_first(unknown.servers, servers) + unknown.at->text()));
}

/// What was left out of the plans because their base has it too, a line for each base; and where nothing could be left out.
std::vector<std::string> base_lines(const std::vector<fleet::PlannedServer>& servers) {
  std::vector<std::pair<std::string, std::uint64_t>> left_out;
  std::vector<std::string> troubles;
  for (const auto& server : servers) {
    if (!server.plan || !server.plan->base) continue;
    const plan::PlanBase& base = *server.plan->base;
    const std::string text = io::printable(base_text(base));
    if (!base.trouble.empty()) {
      troubles.push_back(fmt::format("Of {} everything is shown: {} has no manifest to compare with: {}",
                                     io::printable(server.name), text, io::printable(base.trouble)));
      continue;
    }
    const auto same = std::find_if(left_out.begin(), left_out.end(), [&](const auto& one) { return one.first == text; });
    if (same == left_out.end())
      left_out.emplace_back(text, base.left_out);
    else
      same->second += base.left_out;
  }
  std::vector<std::string> lines;
  for (const auto& [text, count] : left_out)
    lines.push_back(
        fmt::format("Only what differs from the plans of {} is shown: {} left out.", text, plan::counted(count, "action")));
  lines.insert(lines.end(), troubles.begin(), troubles.end());
  return lines;
}

/// What to do where there is no plan, each once with its servers.
std::vector<std::string> hint_lines(const std::vector<fleet::PlannedServer>& servers, bool all) {
  std::vector<std::pair<std::string, Places>> hints;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (servers[i].mend.empty()) continue;
    const auto same = std::find_if(hints.begin(), hints.end(), [&](const auto& one) { return one.first == servers[i].mend; });
    if (same == hints.end())
      hints.emplace_back(servers[i].mend, Places{i});
    else
      same->second.push_back(i);
  }
  std::vector<std::string> lines;
  for (const auto& [mend, places] : hints)
    lines.push_back(fmt::format("hint: {}: {}", names_of(places, servers, all), io::printable(mend)));
  return lines;
}

void show_servers(const std::vector<fleet::PlannedServer>& servers, const Style& style, Output& out) {
  Table table({{"SERVER"}, {"ANSWER"}, {"SERIAL", Align::right}, {"PLAN"}, {"RESULT"}});
  for (const auto& server : servers) {
    table.row({io::printable(server.name), answer_of(server), server.head ? std::to_string(server.head->serial) : "-",
               server.plan ? server.plan_id.hex().substr(0, 12) : "-", result_of(server)});
  }
  table.show(out, style);
}

void put_names(fleet::Fate fate, const fleet::SharedAction& action, const std::vector<fleet::PlannedServer>& servers,
               JsonWriter& json) {
  json.key(text_of(fate));
  json.begin_array();
  for (const std::size_t place : action.servers(fate)) json.value(servers[place].name);
  json.end_array();
}

void put_server(const fleet::PlannedServer& server, JsonWriter& json) {
  json.begin_object();
  json.member("name", server.name);
  json.member("id", server.id.text());
  json.member("manifest", server.manifest);
  json.member("status", server.trouble == Code::none ? Code::ok : server.trouble);
  json.member_or_null("text", server.why);
  json.member_or_null("mend", server.mend);
  json.member("serial", server.head ? std::optional(server.head->serial) : std::nullopt);
  json.member("issued", server.head ? std::optional(server.head->issued) : std::nullopt);
  json.member("exit_code", server.exit_code);
  json.key("plan");
  if (server.plan) {
    json.begin_object();
    put_plan(shown_plan(*server.plan, server.plan_id, Intents::with), json);
    json.end_object();
  } else {
    json.value(nullptr);
  }
  json.end_object();
}

void add_actions(const std::string& before, const std::string& after, const std::vector<Row>& rows, bool (*wanted)(const Row&),
                 const std::vector<fleet::PlannedServer>& servers, std::vector<MarkdownSection>& sections) {
  MarkdownSection section = markdown_table(before, {"", "action", "servers", "why"});
  section.after = after;
  for (const auto& row : rows) {
    if (!wanted(row)) continue;
    const fleet::SharedAction& action = *row.action;
    const std::string hint = row.reason->mend.empty() ? "" : " hint: " + markdown_cell(io::printable(row.reason->mend));
    add_row(section, {std::string(1, symbol_of(action.verb).symbol),
                      fmt::format("{} {}", text_of(action.verb), markdown_cell(io::printable(action.address.text))),
                      markdown_cell(servers_text(row, servers, false)), markdown_cell(why_of(row, servers)) + hint});
  }
  if (!section.lines.empty()) sections.push_back(std::move(section));
}

bool is_removal(const Row& row) { return ends_something(row.action->verb) && row.reason->fate == fleet::Fate::planned; }
bool is_stopped(const Row& row) { return row.reason->fate == fleet::Fate::blocked || row.reason->fate == fleet::Fate::held; }
bool is_any(const Row&) { return true; }

void show_unknown(const std::vector<fleet::PlannedServer>& servers, bool verbose, const Style& style, Output& out) {
  Table table({{"PEER"}, {"ANSWER"}, {"SERVERS"}, {"WHY"}});
  for (const auto& one : fleet::unknown_peers(servers)) {
    table.row({one.peer.text(), std::string(text_of(one.code)), names_of(one.servers, servers, verbose), why_of(one, servers)});
  }
  if (table.empty()) return;
  out.print("\n{}\n", style.bold("Peers without a usable answer (nothing is removed because of this):"));
  table.show(out, style);
}

void show_actions(const std::vector<Row>& rows, const std::vector<fleet::PlannedServer>& servers, bool verbose,
                  const Style& style, Output& out) {
  Table table({{"ACTION"}, {"ADDRESS"}, {"SERVERS"}, {"WHY"}});
  for (const auto& row : rows) {
    table.row({fmt::format("{} {}", symbol_of(row.action->verb).symbol, text_of(row.action->verb)),
               io::printable(row.action->address.text), servers_text(row, servers, verbose), why_of(row, servers)});
    if (!row.reason->mend.empty()) table.row({"", "", "", "hint: " + io::printable(row.reason->mend)});
  }
  if (table.empty()) return;
  out.put('\n');
  table.show(out, style);
}

MarkdownSection unknown_section(const std::vector<fleet::PlannedServer>& servers) {
  MarkdownSection section = markdown_table("\n### Peers without a usable answer\n", {"peer", "answer", "servers", "why"});
  for (const auto& one : fleet::unknown_peers(servers))
    add_row(section, {markdown_cell(one.peer.text()), std::string(text_of(one.code)),
                      markdown_cell(names_of(one.servers, servers, false)), markdown_cell(why_of(one, servers))});
  return section;
}

}  // namespace

void show_fleet_plans(const std::vector<fleet::PlannedServer>& servers, bool verbose, const Style& style, Output& out) {
  out.print("{}\n", style.bold(heading_of(servers)));
  for (const auto& line : base_lines(servers)) out.print("{}\n", style.dim(line));
  out.put('\n');
  show_servers(servers, style, out);
  for (const auto& line : hint_lines(servers, verbose)) out.print("{}\n", line);
  show_unknown(servers, verbose, style, out);
  const auto actions = fleet::side_by_side(servers);
  show_actions(rows_of(actions), servers, verbose, style, out);
  if (plans_in(servers) > 0) out.print("\n{}\n", style.dim(not_checked));
}

void show_fleet_plans_json(const std::vector<fleet::PlannedServer>& servers, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.fleetplan/1");
  json.key("servers");
  json.begin_lines();
  for (const auto& server : servers) put_server(server, json);
  json.end_array();
  json.objects("actions", fleet::side_by_side(servers), [&](const auto& row) {
    json.member("address", row.address.text);
    json.member("verb", text_of(row.verb));
    put_names(fleet::Fate::planned, row, servers, json);
    put_names(fleet::Fate::deferred, row, servers, json);
    put_names(fleet::Fate::blocked, row, servers, json);
    put_names(fleet::Fate::held, row, servers, json);
  });
  json.end_object();
  json.finish();
}

std::string fleet_plans_markdown(const std::vector<fleet::PlannedServer>& servers) {
  std::vector<MarkdownSection> sections{markdown_table("", {"server", "answer", "plan", "result"})};
  for (const auto& server : servers) {
    add_row(sections.front(), {markdown_cell(io::printable(server.name)), answer_of(server),
                               server.plan ? markdown_cell(server.plan_id.hex().substr(0, 12)) : "-",
                               markdown_cell(result_of(server)) +
                                   (server.mend.empty() ? "" : " hint: " + markdown_cell(io::printable(server.mend)))});
  }
  if (auto unknown = unknown_section(servers); !unknown.lines.empty()) sections.push_back(std::move(unknown));
  const auto actions = fleet::side_by_side(servers);
  const auto rows = rows_of(actions);
  add_actions("\n### Ended or removed\n", "", rows, is_removal, servers, sections);
  add_actions("\n### Held or blocked\n", "", rows, is_stopped, servers, sections);
  add_actions(fmt::format("\n<details><summary>Actions: {}</summary>\n", actions.size()), "\n</details>\n", rows, is_any, servers,
              sections);
  std::string head = fmt::format("<!-- ingot fleet plan -->\n## {}\n\n{}\n", heading_of(servers), not_checked);
  for (const auto& line : base_lines(servers)) head += fmt::format("\n{}\n", markdown_code(line));
  return fitted_markdown(head, std::move(sections));
}

}  // namespace ingot::show
