#include <algorithm>

#include "reconciler/apply/upkeep/damaged_images.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/command/runs/saved_plan.hpp"
#include "reconciler/console/report.hpp"
#include "reconciler/history/past.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/catalog/show_images.hpp"
#include "reconciler/show/run/show_runs.hpp"
#include "reconciler/site/find_image.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

std::vector<std::string> children_of(const state::ImageRow& image, const state::Snapshot& snapshot) {
  std::vector<std::string> children;
  for (const auto& row : snapshot.images) {
    const bool by_identity = image.identity && row.parent_identity == image.identity;
    if (!row.deleted && (row.parent == image.key || by_identity)) children.push_back(row.name.text());
  }
  return children;
}

/// In the words of the last run that fetched its bytes; "": no run here has.
std::string how_it_came(const state::ImageRow& image, const state::State& state) {
  for (const state::RunRecord& run : state.runs_of(history::address_of(image))) {
    for (const state::ActionRecord& action : run.actions) {
      if (action.outcome == state::ActionEnd::done && !action.text.empty()) return action.text;
    }
  }
  return "";
}

void show_one_image(const state::ImageRow& image, const state::Snapshot& snapshot, const site::Site& site,
                    const console::Session& session) {
  const bool whole = apply::damaged_images(site.state, site.store, {image}).empty();
  auto images = show::images_here(snapshot, site.state.self(), whole ? std::set<state::ImageKey>{} : std::set{image.key});
  const auto shown_one =
      std::find_if(images.begin(), images.end(), [&](const show::ShownImage& one) { return one.name == image.name; });
  shown_one->how = how_it_came(image, site.state);
  const auto children = children_of(image, snapshot);
  session.show([&](const show::Style& style, show::Output& out) { show::show_image(*shown_one, children, style, out); },
               [&](show::Output& out) {
                 show::JsonWriter json(out);
                 json.begin_object();
                 json.member("format", "ingot.show/1");
                 json.key("image");
                 show::put_image(*shown_one, json);
                 json.values("children", children, [&](const auto& child) { return child; });
                 json.member_or_null("how", shown_one->how);
                 json.member("run", nullptr);
                 json.end_object();
                 json.finish();
               });
}

void show_one_run(const state::RunRecord& run, const console::Session& session) {
  session.show([&](const show::Style& style, show::Output& out) { show::show_run(run, style, out); },
               [&](show::Output& out) {
                 show::JsonWriter json(out);
                 json.begin_object();
                 json.member("format", "ingot.show/1");
                 json.member("image", nullptr);
                 json.member("children", nullptr);
                 json.member("how", nullptr);
                 json.key("run");
                 show::put_run(run, true, json);
                 json.end_object();
                 json.finish();
               });
}

/// "" would be the beginning of every run's id.
std::optional<state::RunRecord> find_run(const state::State& state, const std::string& id) {
  return id.empty() ? std::nullopt : state.run(id);
}

constexpr std::size_t most_named = 10;

/// Of several runs that begin so: which. Newest first.
Error several_runs(const std::string& what, std::vector<std::string> runs) {
  const std::string text = fmt::format("{} runs begin with \"{}\"", runs.size(), io::printable(what));
  const bool all = runs.size() <= most_named;
  if (!all) runs.resize(most_named);
  return Error(Fault::incomplete, fmt::format("{}: {}{}", text, fmt::join(runs, ", "), all ? "" : " …"),
               "give more characters of its id");
}

Error nothing_to_show(const std::string& what, const state::Snapshot& snapshot, const state::State& state) {
  std::vector<std::string> runs;
  for (const auto& run : state.runs(SIZE_MAX)) {
    if (!what.empty() && run.start.id.starts_with(what)) runs.push_back(io::printable(run.start.id));
  }
  if (!runs.empty()) return several_runs(what, runs).with_code(Code::several_runs).about(what);
  std::vector<std::string> names;
  for (const auto& row : snapshot.images) names.push_back(row.name.text());
  const std::string hint = site::nearest_hint(what, names);
  return Error(Fault::incomplete, fmt::format("there is no image and no run \"{}\"", io::printable(what)),
               hint.empty() ? "see: ingot query images, ingot query history; for a file, give a path such as ./a.plan" : hint)
      .with_code(Code::unknown_name)
      .about(what);
}

/// A path, or a file that is a plan: no manifest is needed for it.
bool means_a_file(const std::string& what, io::Files& files) {
  return what.find('/') != std::string::npos || is_plan_file(files, what);
}

int show_plan_file(const std::string& path, const console::Session& session) {
  const auto read = read_plan(session.files, path);
  if (const auto* problem = std::get_if<Problem>(&read)) {
    console::show_problems_of({*problem}, session);
    return exit_manifest;
  }
  const show::ShownPlan& plan = std::get<show::PlanDocument>(read).plan;
  console::Reporter({}, session).tell(plan);
  return exit_done;
}

}  // namespace

int run_command(const options::ShowArguments& arguments, const console::Session& session) {
  if (means_a_file(arguments.what, session.files)) return show_plan_file(arguments.what, session);
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  const site::Site site(*manifest, state::Access::read_only, session.files, site::Moved::read);
  site::warn_of_move(site, session);
  const state::Snapshot snapshot = site.state.snapshot();
  if (const auto* const image = site::image_or_null(snapshot, arguments.what)) {
    show_one_image(*image, snapshot, site, session);
  } else if (const auto run = find_run(site.state, arguments.what)) {
    show_one_run(*run, session);
  } else {
    throw nothing_to_show(arguments.what, snapshot, site.state);
  }
  return exit_done;
}

}  // namespace ingot::command
