// completion, schema: for shells and editors.
#include "reconciler/options/define.hpp"

namespace ingot::options {

namespace {

CommandEntry completion_command() {
  CommandEntry completion{"completion", "print the completion script of a shell", R"(
  source <(ingot completion bash)          # in this shell
  ingot completion bash > ~/.local/share/bash-completion/completions/ingot
  ingot completion zsh > ~/.zfunc/_ingot   # in a folder of $fpath
  ingot completion fish > ~/.config/fish/completions/ingot.fish
)",
                          R"(
The scripts complete commands, options, choices, files, and the names of images, series and peers. The Debian package installs
them.

The names are those of the server whose manifest is in this folder, or where -f and --home say. The shell gets them from
"ingot completion names -- WORD...", which takes the words typed so far, the last of them perhaps unfinished, and prints what may
come next. Of names it prints those that begin with the last word. It reads only the manifest and the state, and prints no names
if it cannot read them.
)"};
  add_form<CompletionArguments>(completion).word("bash|zsh|fish", &CompletionArguments::shell);
  add_form<NamesArguments>(completion, "names").word("[WORD...]", &NamesArguments::words).dashes();
  return completion;
}

CommandEntry schema_command() {
  CommandEntry schema{"schema", "print the JSON Schemas of the manifest and of all output", R"(
  ingot schema   # list them
  ingot schema manifest > manifest.schema.json
  ingot schema plan
)",
                      R"(
For an editor: write "#:schema manifest.schema.json" into the first line of ingot.toml.
)"};
  add_form<SchemaArguments>(schema).word("[SCHEMA]", &SchemaArguments::name);
  return schema;
}

}  // namespace

std::vector<CommandEntry> shell_commands() { return {completion_command(), schema_command()}; }

}  // namespace ingot::options
