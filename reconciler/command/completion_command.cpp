#include "reconciler/command/commands.hpp"
#include "reconciler/command/schemas.hpp"
#include "reconciler/options/completion.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

options::Completable completable() {
  options::Completable all{.pages = options::help_pages(), .everywhere = options::options_everywhere(), .schemas = {}};
  for (const auto& schema : embedded_schemas()) all.schemas.emplace_back(schema.name);
  return all;
}

std::string script_for(options::Shell shell) {
  switch (shell) {
    case options::Shell::bash: return options::bash_completion(completable());
    case options::Shell::zsh: return options::zsh_completion(completable());
    case options::Shell::fish: return options::fish_completion(completable());
  }
  return "";
}

}  // namespace

int run_command(const options::CompletionArguments& arguments, const console::Session& session) {
  session.terminal.out(script_for(arguments.shell));
  return exit_done;
}

}  // namespace ingot::command
