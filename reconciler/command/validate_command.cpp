#include "reconciler/command/commands.hpp"
#include "reconciler/console/report.hpp"
#include "reconciler/show/run/show_problems.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

int run_command(const options::ValidateArguments& arguments, const console::Session& session) {
  const console::Reporter reporter(arguments.outputs, session);
  return reporter.also_of_failures([&] {
    const auto read = source::manifest_or_problems(session);
    if (const auto* problems = std::get_if<Problems>(&read)) {
      reporter.tell(*problems);
      return exit_manifest;
    }
    reporter.tell(console::ValidManifest{show::valid_text(std::get<Manifest>(read))});
    return exit_done;
  });
}

}  // namespace ingot::command
