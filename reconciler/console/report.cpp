#include "reconciler/console/report.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "reconciler/console/manifest_path.hpp"
#include "reconciler/console/output_place.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/plan/show_annotations.hpp"
#include "reconciler/show/plan/show_markdown.hpp"
#include "reconciler/show/plan/show_plan.hpp"
#include "reconciler/show/plan/show_plan_json.hpp"
#include "reconciler/show/plan/show_terraform.hpp"
#include "reconciler/show/run/show_account.hpp"
#include "reconciler/show/run/show_error.hpp"
#include "reconciler/show/run/show_problems.hpp"
#include "schema/overloaded.hpp"

namespace ingot::console {

namespace {

/// GitHub drops a larger summary whole.
constexpr std::uint64_t largest_summary = 1'000'000;

std::vector<show::Annotation> annotations_in(const Report& report, const Reporting& with) {
  return std::visit(Overloaded{[&](const show::ShownPlan& plan) { return show::annotations_of(plan, with.naming); },
                               [](const ValidManifest&) { return std::vector<show::Annotation>{}; },
                               [&](const AppliedRun& run) {
                                 return show::annotations_of(show::shown_plan(*run.plan, run.plan_id), *run.account, with.naming);
                               },
                               [&](const Problems& problems) { return show::annotations_of(problems, with.naming); },
                               [&](const Error& error) { return show::annotations_of(error, with.manifest, with.naming); }},
                    report);
}

void write_text(const Report& report, const Reporting& with, show::Output& out) {
  std::visit(Overloaded{[&](const show::ShownPlan& plan) { show::show_plan(plan, with.verbose, with.style, out); },
                        [&](const ValidManifest& valid) { out.print("{}\n", valid.text); },
                        [&](const AppliedRun& run) {
                          show::show_account(*run.plan, *run.account, run.run, with.verbose, with.style, out);
                        },
                        [&](const Problems& problems) { show::show_problems(problems, with.style, out); },
                        [&](const Error& error) { out.put(show::error_text(error, with.style)); }},
             report);
}

/// Of a run that ended before its plan.
void write_events(const Report& report, show::Output& out) {
  out.put(show::first_event_json());
  if (const auto* const problems = std::get_if<Problems>(&report)) out.put(show::result_event_json(*problems));
  if (const auto* const error = std::get_if<Error>(&report)) out.put(show::result_event_json(nullptr, {}, *error));
}

void write_json(const Report& report, bool events, show::Output& out) {
  if (events && (std::holds_alternative<Problems>(report) || std::holds_alternative<Error>(report)))
    return write_events(report, out);
  std::visit(Overloaded{[&](const show::ShownPlan& plan) { show::show_plan_json(plan, out); },
                        [&](const ValidManifest&) { show::show_problems_json({}, out); },
                        [&](const AppliedRun& run) {
                          out.put(show::first_event_json(*run.plan, run.plan_id, run.run));
                          out.put(show::result_event_json(run.plan, *run.account, std::nullopt));
                        },
                        [&](const Problems& problems) { show::show_problems_json(problems, out); },
                        [&](const Error& error) { show::show_error_json(error, out); }},
             report);
}

std::string markdown_of(const Report& report, const Reporting& with) {
  return std::visit(Overloaded{[](const show::ShownPlan& plan) { return show::plan_markdown(plan); },
                               [](const AppliedRun& run) {
                                 return show::applied_markdown(show::shown_plan(*run.plan, run.plan_id), *run.account,
                                                               show::account_text(*run.plan, *run.account), run.run);
                               },
                               [&](const ValidManifest& valid) { return show::valid_markdown(valid.text, with.manifest); },
                               [&](const auto&) { return show::failure_markdown(annotations_in(report, with), with.manifest); }},
                    report);
}

/// One line for the log of a job, beside the annotations.
std::string one_line(const Report& report) {
  return std::visit(Overloaded{[](const show::ShownPlan& plan) { return show::plan_summary(plan); },
                               [](const ValidManifest& valid) { return valid.text; },
                               [](const AppliedRun& run) { return show::account_text(*run.plan, *run.account); },
                               [](const Problems& problems) {
                                 return fmt::format("{} problem{}; nothing was changed", problems.size(),
                                                    problems.size() == 1 ? "" : "s");
                               },
                               [](const Error& error) { return io::printable(error.what()); }},
                    report);
}

/// The folder at or above this one with a ".git", which is a file in work trees of submodules and of "git worktree"; else this
/// one.
std::string root_of(const std::filesystem::path& folder) {
  std::error_code ignored;  // what cannot be looked at is no root
  for (auto level = folder;; level = level.parent_path()) {
    if (std::filesystem::exists(level / ".git", ignored)) return level.string();
    if (level == level.parent_path()) return folder.string();
  }
}

show::FileNaming naming_here(const options::GlobalOptions& flags) {
  std::error_code ignored;  // without a working directory names stay as they are
  const auto folder = std::filesystem::current_path(ignored);
  if (flags.repo) return {.root = folder.string(), .folder = ""};  // -f is a path in the repository
  return {.root = root_of(folder), .folder = folder.string()};
}

void require_a_file(io::Files& files, const std::string& path) {
  refuse_standard_output("--output", path, "give a file; --format says what standard output shows");
  refuse_overwriting(
      files, "--output", path, [&](const std::string& found) { return may_be_replaced(files, path, found); }, "a report");
}

}  // namespace

void write_report(const Report& report, options::Format format, const Reporting& with, show::Output& out) {
  const auto* const plan = std::get_if<show::ShownPlan>(&report);
  const auto* const run = std::get_if<AppliedRun>(&report);
  const bool completed = plan || std::holds_alternative<ValidManifest>(report) || (run && !run->account->fatal);
  switch (format) {
    case options::Format::text: return write_text(report, with, out);
    case options::Format::json: return write_json(report, with.events, out);
    case options::Format::markdown: return out.put(markdown_of(report, with));
    case options::Format::github:
      show::show_github(annotations_in(report, with), out);
      return out.print("ingot: {}\n", one_line(report));
    case options::Format::terraform: return show::show_terraform(plan, out);
    case options::Format::codequality: return show::show_code_quality(annotations_in(report, with), out);
    case options::Format::sarif: return show::show_sarif(annotations_in(report, with), completed, INGOT_VERSION, out);
    case options::Format::junit: return show::show_junit(annotations_in(report, with), with.naming.name_of(with.manifest), out);
    case options::Format::html:
    case options::Format::dot:
    case options::Format::mermaid: break;  // of other commands: the command line has refused them
  }
}

Reporter::Reporter(const std::vector<options::OutputFile>& files, const Session& session, bool events)
    : files_(files), session_(session), events_(events) {
  for (const auto& file : files) require_a_file(session.files, file.path);
}

bool Reporter::wants_intents() const {
  return session_.json() || std::any_of(files_.begin(), files_.end(),
                                        [](const options::OutputFile& file) { return file.format == options::Format::json; });
}

Reporting Reporter::with(const show::Style& style) const {
  return {.manifest = manifest_path(session_.flags),
          .naming = naming_here(session_.flags),
          .verbose = session_.flags.verbose,
          .events = events_,
          .style = style};
}

void Reporter::tell(const Report& report) const {
  const bool problems = std::holds_alternative<Problems>(report);
  if (problems && !session_.json())
    session_.put_error(show::shown([&](show::Output& out) { write_text(report, with(session_.error_style()), out); }),
                       io::Priority::info);
  if (!problems || session_.flags.format != options::Format::text) {
    const auto write = [&](show::Output& out) { write_report(report, session_.flags.format, with(session_.out_style()), out); };
    if (session_.flags.format == options::Format::text)
      session_.put_text(write);
    else
      session_.put(write);
  }
  write_files(report);
  add_to_summary(report);
}

void Reporter::tell_failure(const Error& error) const {
  const options::Format format = session_.flags.format;
  try {
    if (format != options::Format::text && format != options::Format::json)
      session_.put([&](show::Output& out) { write_report(error, format, with(show::Style(false)), out); });
    write_files(error);
    add_to_summary(error);
  } catch (const Error& second) { session_.warn(io::printable(second.what())); }
}

void Reporter::write_files(const Report& report) const {
  for (const auto& file : files_) {
    const std::string text =
        show::shown([&](show::Output& out) { write_report(report, file.format, with(show::Style(false)), out); });
    doing(fmt::format("writing the output \"{}\"", io::printable(file.path)),
          [&] { io::replace_file(session_.files, file.path, text, 0644); });
  }
}

void Reporter::add_to_summary(const Report& report) const {
  const char* const path = std::getenv("GITHUB_STEP_SUMMARY");
  if (session_.flags.format != options::Format::github || path == nullptr || *path == '\0') return;
  const std::string text = markdown_of(report, with(show::Style(false)));
  try {
    const auto file = session_.files.open(path, io::OpenFor::create_or_open);
    const std::uint64_t size = file->status().size;
    if (size + text.size() > largest_summary)
      return session_.warn("the summary of this step is full, so this result was not added");
    file->write_at(size, text);
    file->close();
  } catch (const Error& error) {  // it is only a view of what is told anyway
    session_.warn(io::printable(error.what()));
  }
}

}  // namespace ingot::console
