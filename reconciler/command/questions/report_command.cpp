// report: the history of this server as one HTML file; fleet report: many servers. Both show, and change nothing else.
#include <unordered_map>

#include "reconciler/command/commands.hpp"
#include "reconciler/command/fleet/fleet_inputs.hpp"
#include "reconciler/console/output_place.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/html/fleet_report_page.hpp"
#include "reconciler/show/html/report_page.hpp"
#include "reconciler/show/html/server_report.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

history::Usage usage_of(const state::State& state, const state::Snapshot& snapshot) {
  history::UsageBuilder builder;
  state.each_run([&](const state::RunRecord& run) { builder.add(run); });
  state.each_action([&](const std::string&, const state::ActionRecord& action) { builder.add(action); });
  std::unordered_map<Digest, std::uint64_t> lengths;
  state.each_object([&](const state::ObjectRow& object) { lengths.emplace(object.digest, object.packed.file.length); });
  return builder.finish(snapshot, lengths);
}

show::ServerReport report_of(const site::Site& site, const console::Session& session) {
  const state::Snapshot snapshot = site.state.snapshot();
  show::ServerReport report{.server = site.manifest.server.name,
                            .id = site.state.self(),
                            .now = session.clock.now(),
                            .serial = 0,
                            .expires = std::nullopt,
                            .disk = site::disk_of(site),
                            .min_free = 0,
                            .usage = usage_of(site.state, snapshot)};
  report.min_free = bytes_to_keep(site.manifest.limits.min_free, report.disk.total);
  if (const auto published = site.state.published()) {
    report.serial = published->serial;
    report.expires = published->expires;
  }
  return report;
}

void show_written_json(const std::string& path, std::size_t bytes, show::Output& out) {
  show::JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.report/1");
  json.member("file", path);
  json.member("bytes", bytes);
  json.end_object();
  json.finish();
}

/// Asked before any work. Error{usage} unless the folder is there, and in it nothing or an earlier report.
void require_place_for_report(const std::string& path, const console::Session& session) {
  console::refuse_standard_output("--out", path, "name a file, such as report.html");
  console::require_folder_of(session.files, "--out", path);
  console::require_place(session.files, "--out", path, show::report_begin, "a report");
}

void write_report(const std::string& path, const std::function<void(show::Output&)>& show, const console::Session& session) {
  const std::string page = show::shown(show);
  doing(fmt::format("writing the report \"{}\"", io::printable(path)),
        [&] { io::replace_file(session.files, path, page, 0644); });
  if (session.json()) return session.put([&](show::Output& out) { show_written_json(path, page.size(), out); });
  session.tell(fmt::format("the report is in \"{}\"", io::printable(path)));
}

}  // namespace

int run_command(const options::ReportArguments& arguments, const console::Session& session) {
  require_place_for_report(arguments.out, session);
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  const site::Site site(*manifest, state::Access::read_only, session.files, site::Moved::read);
  site::warn_of_move(site, session);
  const show::ServerReport report = report_of(site, session);
  write_report(
      arguments.out, [&](show::Output& out) { show::show_server_report(report, out); }, session);
  return exit_done;
}

int run_command(const options::ReportFleet& arguments, const console::Session& session) {
  require_place_for_report(arguments.out, session);
  const auto members = read_members(arguments.manifests, session);
  if (!members) return exit_manifest;
  require_different_servers(*members);
  const auto asked = ask_fleet(arguments.cards, session);
  if (!asked) return exit_manifest;
  const fleet::FleetReport report = fleet::fleet_report(asked->servers, asked->heads, *members);
  const fleet::Fleet manifests = fleet::check_fleet(*members);
  const show::FleetPage page{.servers = asked->servers,
                             .report = report,
                             .manifests = members->empty() ? nullptr : &manifests,
                             .now = session.clock.now()};
  write_report(
      arguments.out, [&](show::Output& out) { show::show_fleet_report(page, out); }, session);
  // What the report shows of the images is no failure of the command.
  return fleet::exit_code_of(asked->servers, {});
}

}  // namespace ingot::command
