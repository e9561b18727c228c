#include "reconciler/cli/report.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "reconciler/cli/annotations.hpp"
#include "reconciler/cli/manifest_path.hpp"
#include "reconciler/cli/show_account.hpp"
#include "reconciler/cli/show_annotations.hpp"
#include "reconciler/cli/show_error.hpp"
#include "reconciler/cli/show_markdown.hpp"
#include "reconciler/cli/show_plan.hpp"
#include "reconciler/cli/show_plan_json.hpp"
#include "reconciler/cli/show_problems.hpp"
#include "reconciler/cli/show_terraform.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/overloaded.hpp"

namespace ingot {

namespace {

/// GitHub drops a larger summary whole.
constexpr std::uint64_t largest_summary = 1'000'000;

std::vector<Annotation> annotations_in(const Report& report, const Reporting& with) {
  return std::visit(Overloaded{[&](const ShownPlan& plan) { return annotations_of(plan, with.folder); },
                               [](const ValidManifest&) { return std::vector<Annotation>{}; },
                               [&](const AppliedRun& run) {
                                 return annotations_of(shown_plan(*run.plan, run.plan_id), *run.account, with.folder);
                               },
                               [&](const Problems& problems) { return annotations_of(problems, with.folder); },
                               [&](const Error& error) { return annotations_of(error, with.manifest, with.folder); }},
                    report);
}

void write_text(const Report& report, const Reporting& with, Output& out) {
  std::visit(
      Overloaded{[&](const ShownPlan& plan) { show_plan(plan, with.verbose, with.style, out); },
                 [&](const ValidManifest& valid) { out.print("{}\n", valid.text); },
                 [&](const AppliedRun& run) { show_account(*run.plan, *run.account, run.run, with.verbose, with.style, out); },
                 [&](const Problems& problems) { show_problems(problems, with.style, out); },
                 [&](const Error& error) { out.put(error_text(error, with.style)); }},
      report);
}

void write_json(const Report& report, Output& out) {
  std::visit(Overloaded{[&](const ShownPlan& plan) { show_plan_json(plan, out); },
                        [&](const ValidManifest&) { show_problems_json({}, out); },
                        [&](const AppliedRun& run) {
                          out.put(first_event_json(*run.plan, run.plan_id, run.run));
                          out.put(result_event_json(run.plan, *run.account, std::nullopt));
                        },
                        [&](const Problems& problems) { show_problems_json(problems, out); },
                        [&](const Error& error) { show_error_json(error, out); }},
             report);
}

std::string markdown_of(const Report& report, const Reporting& with) {
  return std::visit(Overloaded{[](const ShownPlan& plan) { return plan_markdown(plan); },
                               [](const AppliedRun& run) {
                                 return applied_markdown(shown_plan(*run.plan, run.plan_id), *run.account,
                                                         account_text(*run.plan, *run.account), run.run);
                               },
                               [&](const ValidManifest& valid) { return valid_markdown(valid.text, with.manifest); },
                               [&](const auto&) { return failure_markdown(annotations_in(report, with), with.manifest); }},
                    report);
}

/// One line for the log of a job, beside the annotations.
std::string one_line(const Report& report) {
  return std::visit(
      Overloaded{[](const ShownPlan& plan) { return plan_summary(plan); }, [](const ValidManifest& valid) { return valid.text; },
                 [](const AppliedRun& run) { return account_text(*run.plan, *run.account); },
                 [](const Problems& problems) {
                   return fmt::format("{} problem{}; nothing was touched", problems.size(), problems.size() == 1 ? "" : "s");
                 },
                 [](const Error& error) { return printable(error.what()); }},
      report);
}

void require_a_file(Files& files, const std::string& path) {
  const auto status = files.status(path);
  if (status && status->kind != EntryKind::file)
    throw Error(Fault::usage, fmt::format("--output \"{}\" is not a file", printable(path)),
                "name a file that may be overwritten")
        .about(path);
}

}  // namespace

void write_report(const Report& report, Format format, const Reporting& with, Output& out) {
  const auto* const plan = std::get_if<ShownPlan>(&report);
  const auto* const run = std::get_if<AppliedRun>(&report);
  const bool completed = plan || std::holds_alternative<ValidManifest>(report) || (run && !run->account->fatal);
  switch (format) {
    case Format::text: return write_text(report, with, out);
    case Format::json: return write_json(report, out);
    case Format::markdown: return out.put(markdown_of(report, with));
    case Format::github: show_github(annotations_in(report, with), out); return out.print("ingot: {}\n", one_line(report));
    case Format::terraform: return show_terraform(plan, out);
    case Format::codequality: return show_code_quality(annotations_in(report, with), out);
    case Format::sarif: return show_sarif(annotations_in(report, with), completed, INGOT_VERSION, out);
    case Format::junit: return show_junit(annotations_in(report, with), with.manifest, out);
    case Format::dot:
    case Format::mermaid: break;  // of other commands: the command line has refused them
  }
}

Reporter::Reporter(const std::vector<OutputFile>& files, const Session& session) : files_(files), session_(session) {
  for (const auto& file : files) require_a_file(session.files, file.path);
}

bool Reporter::wants_intents() const {
  return session_.json() ||
         std::any_of(files_.begin(), files_.end(), [](const OutputFile& file) { return file.format == Format::json; });
}

Reporting Reporter::with(const Style& style) const {
  std::error_code ignored;  // without a working directory names stay as they are
  return {.manifest = manifest_path(session_.flags),
          .folder = std::filesystem::current_path(ignored).string(),
          .verbose = session_.flags.verbose,
          .style = style};
}

void Reporter::tell(const Report& report) const {
  const bool problems = std::holds_alternative<Problems>(report);
  if (problems && !session_.json())
    session_.terminal.error(shown([&](Output& out) { write_text(report, with(session_.error_style()), out); }));
  if (!problems || session_.flags.format != Format::text) {
    session_.put([&](Output& out) { write_report(report, session_.flags.format, with(session_.out_style()), out); });
  }
  write_files(report);
  add_to_summary(report);
}

void Reporter::tell_failure(const Error& error) const {
  const Format format = session_.flags.format;
  try {
    if (format != Format::text && format != Format::json)
      session_.put([&](Output& out) { write_report(error, format, with(Style(false)), out); });
    write_files(error);
    add_to_summary(error);
  } catch (const Error& second) { session_.warn(printable(second.what())); }
}

void Reporter::write_files(const Report& report) const {
  for (const auto& file : files_) {
    const std::string text = shown([&](Output& out) { write_report(report, file.format, with(Style(false)), out); });
    doing(fmt::format("writing the output \"{}\"", printable(file.path)),
          [&] { replace_file(session_.files, file.path, text, 0644); });
  }
}

void Reporter::add_to_summary(const Report& report) const {
  const char* const path = std::getenv("GITHUB_STEP_SUMMARY");
  if (session_.flags.format != Format::github || path == nullptr || *path == '\0') return;
  const std::string text = markdown_of(report, with(Style(false)));
  try {
    const auto file = session_.files.open(path, OpenFor::create_or_open);
    const std::uint64_t size = file->status().size;
    if (size + text.size() > largest_summary) return session_.warn("the summary of this step is full: this is not added to it");
    file->write_at(size, text);
    file->close();
  } catch (const Error& error) {  // it is only a view of what is told anyway
    session_.warn(printable(error.what()));
  }
}

}  // namespace ingot
