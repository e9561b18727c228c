#include "reconciler/command/commands.hpp"
#include "reconciler/command/runs/saved_plan.hpp"
#include "reconciler/show/plan/show_diff.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

int run_command(const options::DiffArguments& arguments, const console::Session& session) {
  const auto before = read_plan(session.files, arguments.before);
  const auto after = read_plan(session.files, arguments.after);
  Problems problems;
  for (const auto* read : {&before, &after}) {
    if (const auto* problem = std::get_if<Problem>(read)) problems.push_back(*problem);
  }
  if (!problems.empty()) {
    console::show_problems_of(problems, session);
    return exit_manifest;
  }
  const show::PlanDiff diff = show::diff_of(std::get<show::PlanDocument>(before).plan, std::get<show::PlanDocument>(after).plan);
  session.show([&](const show::Style& style, show::Output& out) { show::show_diff(diff, style, out); },
               [&](show::Output& out) { show::show_diff_json(diff, out); });
  return diff.same() ? exit_done : exit_changes;
}

}  // namespace ingot::command
