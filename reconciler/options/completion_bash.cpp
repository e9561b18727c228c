#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/options/completion.hpp"

namespace ingot::options {

namespace {

/// What is offered after the words are counted: plain bash, so that it needs no package bash-completion.
constexpr std::string_view script_begin = R"sh(# Completions of ingot for bash, made by "ingot completion bash".
_ingot_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "${COMP_WORDS[COMP_CWORD]}"); }
_ingot_files() { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"); }
_ingot_names() { # "files": files, too
  _ingot_words "$("${COMP_WORDS[0]}" completion names -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)"
  [[ $1 != files ]] && return
  local names=("${COMPREPLY[@]}")
  _ingot_files
  COMPREPLY=("${names[@]}" "${COMPREPLY[@]}")
}
_ingot() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command='' words=0 i
  COMPREPLY=()
)sh";

constexpr std::string_view script_end = R"(}
complete -F _ingot ingot
)";

void add_flags(const std::vector<Option>& options, std::vector<std::string>& to, bool with_value_only = false) {
  for (const auto& option : options) {
    if (option.takes_value() || !with_value_only) to.insert(to.end(), option.flags.begin(), option.flags.end());
  }
}

std::vector<std::string> flags_with_values() {
  std::vector<std::string> flags;
  add_flags(global_options(), flags, true);
  for (const auto& command : command_table()) add_flags(command.options(), flags, true);
  std::sort(flags.begin(), flags.end());
  flags.erase(std::unique(flags.begin(), flags.end()), flags.end());
  return flags;
}

/// "command:--flag) what; return ;;" of each option that takes a value.
void put_values(const std::string& command, const std::vector<Option>& options, std::string& out) {
  for (const auto& option : options) {
    if (!option.takes_value()) continue;
    const auto what = completed_by(option.placeholder, "_ingot_words '{}'", "_ingot_files", "_ingot_names", ":");
    for (const auto& flag : option.flags) out += fmt::format("    {}:{}) {}; return ;;\n", command, flag, what);
  }
}

void put_bash_words(const CommandEntry& command, const std::vector<std::string>& schemas, std::string& out) {
  const auto first = first_words(command, schemas);
  if (!first.empty()) out += fmt::format("    {}:0) _ingot_words '{}' ;;\n", command.name, fmt::join(first, " "));
  if (takes_names(command))
    out += fmt::format("    {}:*) _ingot_names{} ;;\n", command.name, takes_files(command) ? " files" : "");
  else if (takes_files(command))
    out += fmt::format("    {}:*) _ingot_files ;;\n", command.name);
}

}  // namespace

std::string bash_completion(const std::vector<std::string>& schemas) {
  std::string out(script_begin);
  out += "  for ((i = 1; i < COMP_CWORD; i++)); do\n    case ${COMP_WORDS[i]} in\n";
  out += fmt::format("      {}) ((i++)) ;;\n", fmt::join(flags_with_values(), "|"));
  out +=
      "      -*) ;;\n      *) if [[ -z $command ]]; then command=${COMP_WORDS[i]}; else ((words++)); fi ;;\n    esac\n  done\n";
  out += "  case $command:$previous in\n";
  for (const auto& command : command_table()) put_values(command.name, command.options(), out);
  put_values("*", global_options(), out);
  out += "  esac\n  if [[ $current == -* ]]; then\n    case $command in\n";
  for (const auto& command : command_table()) {
    std::vector<std::string> flags;
    add_flags(command.options(), flags);
    add_flags(global_options(), flags);
    out += fmt::format("      {}) _ingot_words '{}' ;;\n", command.name, fmt::join(flags, " "));
  }
  std::vector<std::string> flags;
  add_flags(global_options(), flags);
  const auto commands = command_names();
  out += fmt::format("      *) _ingot_words '{}' ;;\n    esac\n    return\n  fi\n", fmt::join(flags, " "));
  out += fmt::format("  case $command:$words in\n    :*) _ingot_words '{} help' ;;\n    help:0) _ingot_words '{}' ;;\n",
                     fmt::join(commands, " "), fmt::join(commands, " "));
  for (const auto& command : command_table()) put_bash_words(command, schemas, out);
  return out.append("  esac\n").append(script_end);
}

}  // namespace ingot::options
