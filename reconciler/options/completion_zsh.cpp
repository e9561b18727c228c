#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/options/completion.hpp"

namespace ingot::options {

namespace {

/// Within single quotes, where `also` has a meaning for zsh's own functions.
std::string escaped_for_zsh(const std::string& text, std::string_view also) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\'')
      escaped += "'\\'";
    else if (also.find(c) != std::string_view::npos)
      escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// Specifications as _arguments takes them.
void put_zsh_options(const std::vector<Option>& options, std::string& out) {
  for (const auto& option : options) {
    for (const auto& flag : option.flags) {
      out += fmt::format(" \\\n        '*{}[{}]", flag, escaped_for_zsh(option.brief(), "[]:\\"));
      if (option.takes_value())
        out += fmt::format(":{}:{}", escaped_for_zsh(option.placeholder, ":\\"),
                           completed_by(option.placeholder, "({})", "_files", "_ingot_names", " "));
      out += "'";
    }
  }
}

void put_zsh_words(const CommandEntry& command, const std::vector<std::string>& schemas, std::string& out) {
  const auto first = first_words(command, schemas);
  if (!first.empty()) out += fmt::format(" \\\n        '1:word:({})'", fmt::join(first, " "));
  if (takes_names(command))
    out += fmt::format(" \\\n        '*:name:_ingot_names{}'", takes_files(command) ? " files" : "");
  else if (takes_files(command))
    out += " \\\n        '*:file:_files'";
  else
    out += " \\\n        '*: : '";
}

}  // namespace

std::string zsh_completion(const std::vector<std::string>& schemas) {
  std::string out =
      "#compdef ingot\n# Completions of ingot for zsh, made by \"ingot completion zsh\".\n"
      "_ingot_names() { # \"files\": files, too\n"
      "  local -a names=(${(f)\"$(command ingot completion names -- $before \"${(@)words[1,CURRENT-1]}\" 2>/dev/null)\"})\n"
      "  (( $#names )) && compadd -a names\n  [[ $@[-1] == files ]] && _files\n}\n"
      "_ingot() {\n  local curcontext=$curcontext state\n  local -a before\n  local -a commands=(\n";
  for (const auto& command : command_table())
    out += fmt::format("    '{}:{}'\n", command.name, escaped_for_zsh(command.summary, ":\\"));
  out += "    'help:show the help of a command'\n  )\n  _arguments -C";
  put_zsh_options(global_options(), out);
  out +=
      " \\\n        '1:command:->command' '*::argument:->argument'\n  before=(${(kv)opt_args})\n  case $state in\n    command) "
      "_describe command commands ;;\n    argument)\n      case $words[1] in\n";
  for (const auto& command : command_table()) {
    out += fmt::format("      {})\n        _arguments", command.name);
    put_zsh_options(global_options(), out);
    put_zsh_options(command.options(), out);
    put_zsh_words(command, schemas, out);
    out += " ;;\n";
  }
  return out +
         "      help) _describe command commands ;;\n      esac ;;\n  esac\n}\n"
         "if [ \"$funcstack[1]\" = _ingot ]; then _ingot \"$@\"; else compdef _ingot ingot; fi\n";
}

}  // namespace ingot::options
