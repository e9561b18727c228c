#include "reconciler/command/commands.hpp"
#include "reconciler/command/schemas.hpp"
#include "reconciler/options/completion.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

std::string script_for(options::Shell shell, const std::vector<std::string>& schemas) {
  switch (shell) {
    case options::Shell::bash: return options::bash_completion(schemas);
    case options::Shell::zsh: return options::zsh_completion(schemas);
    case options::Shell::fish: return options::fish_completion(schemas);
  }
  return "";
}

}  // namespace

int run_command(const options::CompletionArguments& arguments, const console::Session& session) {
  std::vector<std::string> schemas;
  for (const auto& schema : embedded_schemas()) schemas.emplace_back(schema.name);
  session.terminal.out(script_for(arguments.shell, schemas));
  return exit_done;
}

}  // namespace ingot::command
