#include "reconciler/show/fleet/show_fleet_plans.hpp"

#include <algorithm>

#include "reconciler/io/printable.hpp"
#include "reconciler/plan/texts.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/format/markdown.hpp"
#include "reconciler/show/format/table.hpp"
#include "reconciler/show/plan/show_plan.hpp"
#include "reconciler/show/plan/show_plan_json.hpp"

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
  const std::size_t shown = all || places.size() <= most ? places.size() : most - 1;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < shown; ++i) names.push_back(io::printable(servers[places[i]].name));
  const std::string text = plan::listed(names);
  return shown == places.size() ? text : fmt::format("{} and {} more", text, places.size() - shown);
}

/// "paris, rome; deferred: oslo".
std::string servers_text(const fleet::SharedAction& action, const std::vector<fleet::PlannedServer>& servers, bool all) {
  std::string text = action.planned.empty() ? "" : names_of(action.planned, servers, all);
  const auto add = [&](const Places& places, std::string_view what) {
    if (!places.empty()) text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", what, names_of(places, servers, all));
  };
  add(action.deferred, "deferred");
  add(action.blocked, "blocked");
  add(action.held, "held");
  return text;
}

/// The reason on the first server; its line in the manifest only if no other server has the action.
std::string why_of(const fleet::SharedAction& action) {
  if (!action.why.empty()) return io::printable(action.why);
  if (action.because == nullptr) return "";
  const bool alone = action.planned.size() + action.deferred.size() == 1;
  return io::printable(action.because->text) + (alone ? place_of(*action.because) : "");
}

void show_servers(const std::vector<fleet::PlannedServer>& servers, const Style& style, Output& out) {
  Table table({{"SERVER"}, {"ANSWER"}, {"SERIAL", Align::right}, {"PLAN"}, {""}});
  for (const auto& server : servers) {
    table.row({io::printable(server.name), answer_of(server), server.head ? std::to_string(server.head->serial) : "-",
               server.plan ? server.plan_id.hex().substr(0, 12) : "-", result_of(server)});
  }
  table.show(out, style);
}

void put_names(std::string_view key, const Places& places, const std::vector<fleet::PlannedServer>& servers, JsonWriter& json) {
  json.key(key);
  json.begin_array();
  for (const std::size_t place : places) json.value(servers[place].name);
  json.end_array();
}

void put_server(const fleet::PlannedServer& server, JsonWriter& json) {
  json.begin_object();
  json.member("name", server.name);
  json.member("id", server.id.text());
  json.member("manifest", server.manifest);
  json.member("status", server.trouble == Code::none ? Code::ok : server.trouble);
  json.member_or_null("text", server.why);
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

using Rows = std::vector<fleet::SharedAction>;

void add_actions(const std::string& before, const std::string& after, const Rows& rows,
                 bool (*wanted)(const fleet::SharedAction&), const std::vector<fleet::PlannedServer>& servers,
                 std::vector<MarkdownSection>& sections) {
  MarkdownSection section = markdown_table(before, {"", "action", "servers", "why"});
  section.after = after;
  for (const auto& row : rows) {
    if (!wanted(row)) continue;
    add_row(section, {std::string(1, symbol_of(row.verb).symbol),
                      fmt::format("{} {}", text_of(row.verb), markdown_cell(io::printable(row.address.text))),
                      markdown_cell(servers_text(row, servers, false)), markdown_cell(why_of(row))});
  }
  if (!section.lines.empty()) sections.push_back(std::move(section));
}

bool is_removal(const fleet::SharedAction& row) { return ends_something(row.verb) && !row.planned.empty(); }
bool is_stopped(const fleet::SharedAction& row) { return !row.blocked.empty() || !row.held.empty(); }
bool is_any(const fleet::SharedAction&) { return true; }

}  // namespace

void show_fleet_plans(const std::vector<fleet::PlannedServer>& servers, bool verbose, const Style& style, Output& out) {
  out.print("{}\n\n", style.bold(heading_of(servers)));
  show_servers(servers, style, out);
  Table table({{"ACTION"}, {"ADDRESS"}, {"SERVERS"}, {"WHY"}});
  for (const auto& row : fleet::side_by_side(servers)) {
    table.row({fmt::format("{} {}", symbol_of(row.verb).symbol, text_of(row.verb)), io::printable(row.address.text),
               servers_text(row, servers, verbose), why_of(row)});
  }
  if (!table.empty()) {
    out.put('\n');
    table.show(out, style);
  }
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
  json.key("actions");
  json.begin_lines();
  for (const auto& row : fleet::side_by_side(servers)) {
    json.begin_object();
    json.member("address", row.address.text);
    json.member("verb", text_of(row.verb));
    put_names("planned", row.planned, servers, json);
    put_names("deferred", row.deferred, servers, json);
    put_names("blocked", row.blocked, servers, json);
    put_names("held", row.held, servers, json);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  json.finish();
}

std::string fleet_plans_markdown(const std::vector<fleet::PlannedServer>& servers) {
  std::vector<MarkdownSection> sections{markdown_table("", {"server", "answer", "plan", ""})};
  for (const auto& server : servers) {
    add_row(sections.front(),
            {markdown_cell(io::printable(server.name)), answer_of(server),
             server.plan ? markdown_cell(server.plan_id.hex().substr(0, 12)) : "-", markdown_cell(result_of(server))});
  }
  const Rows rows = fleet::side_by_side(servers);
  add_actions("\n### Ended or removed\n", "", rows, is_removal, servers, sections);
  add_actions("\n### Held or blocked\n", "", rows, is_stopped, servers, sections);
  add_actions(fmt::format("\n<details><summary>Actions: {}</summary>\n", rows.size()), "\n</details>\n", rows, is_any, servers,
              sections);
  return fitted_markdown(fmt::format("<!-- ingot fleet plan -->\n## {}\n\n{}\n", heading_of(servers), not_checked),
                         std::move(sections));
}

}  // namespace ingot::show
