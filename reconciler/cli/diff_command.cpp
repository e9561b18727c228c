#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/saved_plan.hpp"
#include "reconciler/cli/show_diff.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

int run_command(const DiffArguments& arguments, const Session& session) {
  const auto before = read_plan(session.files, arguments.before);
  const auto after = read_plan(session.files, arguments.after);
  Problems problems;
  for (const auto* read : {&before, &after}) {
    if (const auto* problem = std::get_if<Problem>(read)) problems.push_back(*problem);
  }
  if (!problems.empty()) {
    show_problems_of(problems, session);
    return exit_manifest;
  }
  const PlanDiff diff = diff_of(std::get<PlanDocument>(before).plan, std::get<PlanDocument>(after).plan);
  session.show([&](const Style& style, Output& out) { show_diff(diff, style, out); },
               [&](Output& out) { show_diff_json(diff, out); });
  return diff.same() ? exit_done : exit_changes;
}

}  // namespace ingot
