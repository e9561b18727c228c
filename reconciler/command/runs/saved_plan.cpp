#include "reconciler/command/runs/saved_plan.hpp"

#include <algorithm>

#include "reconciler/console/output_place.hpp"
#include "reconciler/io/printable.hpp"

namespace ingot::command {

namespace {

constexpr std::size_t most_runs_since = 1000;  ///< looked at for what has happened since
constexpr std::size_t misfits_told = 1000;     ///< each on a line
constexpr std::size_t misfits_in_error = 3;

Problem problem_of(const std::string& path, const std::string& why, const std::string& mend) {
  return {.file = path, .line = 0, .column = 0, .code = "bad-plan", .text = "it " + why, .mend = mend};
}

Error nothing_there(const std::string& path) {
  return Error(Fault::usage, fmt::format("there is no file \"{}\"", io::printable(path)),
               "save a plan with: ingot plan --out FILE")
      .about(path);
}

}  // namespace

bool is_plan_file(io::Files& files, const std::string& path) {
  const auto status = files.status(path);
  return status && status->size > 0 && console::is_empty_or_begins(files, path, show::plan_document_begin);
}

void require_place_for_plan(io::Files& files, const std::string& path) {
  console::refuse_standard_output("--out", path, "to print the plan as JSON, use: ingot plan --json");
  console::require_place(files, "--out", path, show::plan_document_begin, "a plan");
}

plan::PlanBasis basis_of(const Observation& observation, const site::Site& site, const plan::PlanOptions& options) {
  const auto last = site.state.last_run();
  return {.version = INGOT_VERSION,
          .made = observation.observed.now,
          .lineage = observation.snapshot.lineage,
          .generation = observation.snapshot.generation,
          .last_run = last ? std::optional(last->start.id) : std::nullopt,
          .options = options,
          .heads = plan::planned_heads(site.manifest, observation.observed)};
}

void save_plan(io::Files& files, const std::string& path, const show::ShownPlan& plan, const plan::PlanBasis& basis) {
  doing(fmt::format("saving the plan in \"{}\"", io::printable(path)),
        [&] { io::replace_file(files, path, show::write_plan_document(plan, basis), 0600); });
}

std::variant<show::PlanDocument, Problem> read_plan(io::Files& files, const std::string& path) {
  const std::string mend = "save one with: ingot plan --out FILE";
  const auto status = files.status(path);
  if (!status) throw nothing_there(path);
  if (status->kind == io::EntryKind::link) return problem_of(path, "is a link", "give the file itself");
  if (status->kind != io::EntryKind::file) return problem_of(path, "is not a file", mend);
  if (status->size > show::largest_plan_document)
    return problem_of(
        path, fmt::format("has {} bytes, more than a plan may have ({})", status->size, show::largest_plan_document), mend);
  auto parsed = show::parse_plan_document(io::read_file(files, path, show::largest_plan_document));
  if (const auto* not_a_plan = std::get_if<show::NotAPlan>(&parsed))
    return problem_of(path, "is not a plan: it " + not_a_plan->why, mend);
  return std::get<show::PlanDocument>(std::move(parsed));
}

std::variant<KeptPlan, Problem> read_saved_plan(io::Files& files, const std::string& path) {
  auto read = read_plan(files, path);
  if (auto* problem = std::get_if<Problem>(&read)) return std::move(*problem);
  auto& document = std::get<show::PlanDocument>(read);
  if (document.basis)
    return KeptPlan{.saved = show::saved_plan(document.plan, *document.basis), .shown = std::move(document.plan)};
  return problem_of(path, "is the output of \"ingot plan --json\", which apply cannot check",
                    "save it with: ingot plan --out FILE");
}

std::vector<plan::LaterRun> runs_since(const state::State& state, const std::optional<std::string>& last) {
  std::vector<plan::LaterRun> later;
  for (const auto& run : state.runs(most_runs_since)) {
    if (run.start.id == last) break;
    later.push_back({.id = run.start.id,
                     .command = run.start.command,
                     .actor = io::printable(run.start.actor),
                     .plan_id = run.start.plan_id,
                     .done = run.done});
  }
  return later;
}

void require_fit(const std::vector<plan::Misfit>& misfits, const std::string& path, const console::Session& session) {
  if (misfits.empty()) return;
  std::string text;
  for (std::size_t i = 0; i < std::min(misfits.size(), misfits_in_error); ++i) text += (i == 0 ? "" : "; ") + misfits[i].text;
  if (misfits.size() > misfits_in_error) text += fmt::format("; and {} more", misfits.size() - misfits_in_error);
  for (std::size_t i = 0; misfits.size() > 1 && i < std::min(misfits.size(), misfits_told); ++i) {
    session.terminal.error(fmt::format("  {}: {}\n", text_of(misfits[i].code), io::printable(misfits[i].text)));
  }
  throw Error(Fault::stale, fmt::format("the plan in \"{}\" no longer fits, so nothing was done: {}", io::printable(path), text),
              "save a new plan with \"ingot plan --out NEW\", and compare the two with \"ingot diff\"")
      .with_code(misfits.front().code == Code::applied ? Code::applied : Code::stale)
      .about(path);
}

}  // namespace ingot::command
