#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/read_manifest.hpp"
#include "reconciler/cli/report.hpp"
#include "reconciler/cli/show_problems.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

int run_command(const ValidateArguments& arguments, const Session& session) {
  const Reporter reporter(arguments.outputs, session);
  return reporter.also_of_failures([&] {
    const auto read = manifest_or_problems(session);
    if (const auto* problems = std::get_if<Problems>(&read)) {
      reporter.tell(*problems);
      return exit_manifest;
    }
    reporter.tell(ValidManifest{valid_text(std::get<Manifest>(read))});
    return exit_done;
  });
}

}  // namespace ingot
