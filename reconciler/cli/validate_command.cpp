#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/show_problems.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

int run_command(const ValidateArguments&, const Session& session) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  session.show([&](const Style&, Output& out) { out.print("{}\n", valid_text(*manifest)); }, [](Output& out) { show_problems_json({}, out); });
  return exit_done;
}

}  // namespace ingot
