#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/completion.hpp"
#include "reconciler/cli/schemas.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

Completable completable() {
  Completable all{.pages = help_pages(), .everywhere = options_everywhere(), .schemas = {}};
  for (const auto& schema : embedded_schemas()) all.schemas.emplace_back(schema.name);
  return all;
}

std::string script_for(Shell shell) {
  switch (shell) {
    case Shell::bash: return bash_completion(completable());
    case Shell::zsh: return zsh_completion(completable());
    case Shell::fish: return fish_completion(completable());
  }
  return "";
}

}  // namespace

int run_command(const CompletionArguments& arguments, const Session& session) {
  session.terminal.out(script_for(arguments.shell));
  return exit_done;
}

}  // namespace ingot
