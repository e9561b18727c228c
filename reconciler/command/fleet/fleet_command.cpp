// fleet check: the manifests of many servers; fleet status: what they publish. Neither needs a server of its own.
#include "reconciler/command/commands.hpp"
#include "reconciler/command/fleet/fleet_inputs.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/fleet/show_fleet.hpp"
#include "reconciler/show/fleet/show_fleet_status.hpp"
#include "reconciler/show/html/fleet_status_page.hpp"
#include "reconciler/site/find_image.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

void show(const fleet::Fleet& fleet, const console::Session& session) {
  switch (session.flags.format) {
    case options::Format::text:
      return session.put_text([&](show::Output& out) { show::show_fleet(fleet, session.out_style(), out); });
    case options::Format::json: return session.put([&](show::Output& out) { show::show_fleet_json(fleet, out); });
    case options::Format::dot: return session.put([&](show::Output& out) { show::show_fleet_dot(fleet, out); });
    case options::Format::mermaid: return session.put([&](show::Output& out) { show::show_fleet_mermaid(fleet, out); });
    case options::Format::markdown:
    case options::Format::html:
    case options::Format::github:
    case options::Format::terraform:
    case options::Format::codequality:
    case options::Format::sarif:
    case options::Format::junit: break;  // of other commands: the command line has refused them
  }
}

int run_fleet(const options::CheckFleet& arguments, const console::Session& session) {
  const auto members = read_members(arguments.manifests, session);
  if (!members) return exit_manifest;
  const fleet::Fleet fleet = fleet::check_fleet(*members);
  show(fleet, session);
  const bool wrong = !fleet.findings.empty() && fleet.findings.front().level == fleet::Level::error;
  if (wrong && (session.flags.format == options::Format::dot || session.flags.format == options::Format::mermaid))
    session.warn("the manifests do not fit together: \"ingot fleet check\" without --format says why");
  return wrong ? exit_manifest : exit_done;
}

void show(const show::FleetStatus& status, const console::Session& session) {
  if (session.flags.format == options::Format::markdown)
    return session.put([&](show::Output& out) { out.put(show::fleet_status_markdown(status)); });
  if (session.flags.format == options::Format::html)
    return session.put([&](show::Output& out) { show::show_fleet_status_page(status, out); });
  session.show(
      [&](const show::Style& style, show::Output& out) { show::show_fleet_status(status, session.flags.verbose, style, out); },
      [&](show::Output& out) { show::show_fleet_status_json(status, out); });
}

fleet::FleetQuestion question_of(const options::AskFleet& arguments) {
  constexpr std::string_view series = "series:";
  if (!arguments.what) return {};
  if (arguments.what->starts_with(series)) return {.image = "", .series = arguments.what->substr(series.size())};
  return {.image = *arguments.what, .series = ""};
}

void warn_of_nothing(const fleet::FleetQuestion& question, const std::vector<fleet::FleetWord>& words,
                     const console::Session& session) {
  std::vector<std::string> names;
  for (const auto& word : words) {
    if (!word.catalog) continue;
    for (const auto& image : word.catalog->images) {
      if (question.series.empty()) names.push_back(image.name.text());
    }
    for (const auto& series : word.catalog->series) {
      if (!question.series.empty()) names.push_back(series.name.text());
    }
  }
  const std::string& name = question.series.empty() ? question.image : question.series;
  const std::string hint = site::nearest_hint(name, names);
  session.warn(fmt::format("none of these servers has {} \"{}\"{}{}", question.series.empty() ? "an image" : "a series",
                           io::printable(name), hint.empty() ? "" : "; ", hint));
}

int run_fleet(const options::AskFleet& arguments, const console::Session& session) {
  const auto members = read_members(arguments.manifests, session);
  if (!members) return exit_manifest;
  require_different_servers(*members);
  for (const auto& member : *members) {
    if (!member.card)
      session.warn(
          fmt::format("\"{}\" is not used: there is no server.card.toml beside it", io::printable(member.manifest.path)));
  }
  const auto asked = ask_fleet(arguments.cards, session);
  if (!asked) return exit_manifest;
  const auto& words = asked->servers;
  const fleet::FleetQuestion question = question_of(arguments);
  const auto images = fleet::fleet_status(words, question, *members);
  show({.servers = words, .images = images, .now = session.clock.now(), .every_want = arguments.what || session.flags.verbose},
       session);
  const int exit = exit_code_of(words, images);
  if (!images.empty() || !arguments.what) return exit;
  warn_of_nothing(question, words, session);
  return worse_exit_code(exit, exit_incomplete);
}

}  // namespace

int run_command(const options::CheckFleet& arguments, const console::Session& session) { return run_fleet(arguments, session); }
int run_command(const options::AskFleet& arguments, const console::Session& session) { return run_fleet(arguments, session); }

}  // namespace ingot::command
