#include <algorithm>

#include "reconciler/apply/damaged_images.hpp"
#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/find_image.hpp"
#include "reconciler/cli/read_manifest.hpp"
#include "reconciler/cli/report.hpp"
#include "reconciler/cli/saved_plan.hpp"
#include "reconciler/cli/show_history.hpp"
#include "reconciler/cli/show_images.hpp"
#include "reconciler/cli/site.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

std::vector<std::string> children_of(const ImageRow& image, const Snapshot& snapshot) {
  std::vector<std::string> children;
  for (const auto& row : snapshot.images) {
    const bool by_identity = image.identity && row.parent_identity == image.identity;
    if (!row.deleted && (row.parent == image.key || by_identity)) children.push_back(row.name.text());
  }
  return children;
}

void show_one_image(const ImageRow& image, const Snapshot& snapshot, const Site& site, const Session& session) {
  const bool whole = damaged_images(site.state, site.store, {image}).empty();
  const auto images = images_here(snapshot, site.state.self(), whole ? std::set<ImageKey>{} : std::set{image.key});
  const auto shown_one =
      std::find_if(images.begin(), images.end(), [&](const ShownImage& one) { return one.name == image.name; });
  const auto children = children_of(image, snapshot);
  session.show([&](const Style& style, Output& out) { show_image(*shown_one, children, style, out); },
               [&](Output& out) {
                 JsonWriter json(out);
                 json.begin_object();
                 json.member("format", "ingot.show/1");
                 json.key("image");
                 put_image(*shown_one, json);
                 json.key("children");
                 json.begin_array();
                 for (const auto& child : children) json.value(child);
                 json.end_array();
                 json.member("run", nullptr);
                 json.end_object();
                 json.finish();
               });
}

void show_one_run(const RunRecord& run, const Session& session) {
  session.show([&](const Style& style, Output& out) { show_run(run, style, out); },
               [&](Output& out) {
                 JsonWriter json(out);
                 json.begin_object();
                 json.member("format", "ingot.show/1");
                 json.member("image", nullptr);
                 json.member("children", nullptr);
                 json.key("run");
                 put_run(run, true, json);
                 json.end_object();
                 json.finish();
               });
}

/// "" would be the beginning of every run's id.
std::optional<RunRecord> find_run(const State& state, const std::string& id) { return id.empty() ? std::nullopt : state.run(id); }

constexpr std::size_t most_named = 10;

/// Of several runs that begin so: which. Newest first.
Error several_runs(const std::string& what, std::vector<std::string> runs) {
  const std::string text = fmt::format("{} runs begin with \"{}\"", runs.size(), printable(what));
  const bool all = runs.size() <= most_named;
  if (!all) runs.resize(most_named);
  return Error(Fault::incomplete, fmt::format("{}: {}{}", text, fmt::join(runs, ", "), all ? "" : " …"),
               "write more of the one that is meant");
}

Error nothing_to_show(const std::string& what, const Snapshot& snapshot, const State& state) {
  std::vector<std::string> runs;
  for (const auto& run : state.runs(SIZE_MAX)) {
    if (!what.empty() && run.start.id.starts_with(what)) runs.push_back(printable(run.start.id));
  }
  if (!runs.empty()) return several_runs(what, runs).with_code("several-runs").about(what);
  std::vector<std::string> names;
  for (const auto& row : snapshot.images) names.push_back(row.name.text());
  const std::string hint = nearest_hint(what, names);
  return Error(Fault::incomplete, fmt::format("neither an image nor a run is called \"{}\"", printable(what)),
               hint.empty() ? "see: ingot query images, ingot query history; a plan's file is named by its path" : hint)
      .with_code("unknown-name")
      .about(what);
}

/// A path, or a file that is a plan: no manifest is needed for it.
bool means_a_file(const std::string& what, Files& files) {
  return what.find('/') != std::string::npos || is_plan_file(files, what);
}

int show_plan_file(const std::string& path, const Session& session) {
  const auto read = read_plan(session.files, path);
  if (const auto* problem = std::get_if<Problem>(&read)) {
    show_problems_of({*problem}, session);
    return exit_manifest;
  }
  const ShownPlan& plan = std::get<PlanDocument>(read).plan;
  Reporter({}, session).tell(plan);
  return exit_done;
}

}  // namespace

int run_command(const ShowArguments& arguments, const Session& session) {
  if (means_a_file(arguments.what, session.files)) return show_plan_file(arguments.what, session);
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  const Site site(*manifest, Access::read_only, session.files);
  const Snapshot snapshot = site.state.snapshot();
  if (const auto* const image = image_or_null(snapshot, arguments.what)) {
    show_one_image(*image, snapshot, site, session);
  } else if (const auto run = find_run(site.state, arguments.what)) {
    show_one_run(*run, session);
  } else {
    throw nothing_to_show(arguments.what, snapshot, site.state);
  }
  return exit_done;
}

}  // namespace ingot
