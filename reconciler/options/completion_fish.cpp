#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/options/completion.hpp"

namespace ingot::options {

namespace {

/// In single quotes.
std::string quoted_for_fish(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

/// `when`: a condition, "" for always.
void put_option(const Option& option, const std::string& when, std::string& out) {
  for (const auto& flag : option.flags) {
    out += "complete -c ingot" + when;
    out += flag.starts_with("--") ? " -l " + flag.substr(2) : " -s " + flag.substr(1);
    if (option.takes_value()) out += completed_by(option.placeholder, " -x -a '{}'", " -r -F", " -x -a '(__ingot_names)'", " -x");
    out += " -d " + quoted_for_fish(option.brief()) + "\n";
  }
}

void put_fish_words(const CommandEntry& command, const std::vector<std::string>& schemas, std::string& out) {
  const auto first = first_words(command, schemas);
  if (!first.empty()) {
    out += fmt::format("complete -c ingot -n '__fish_seen_subcommand_from {}; and not __fish_seen_subcommand_from {}' -a '{}'\n",
                       command.name, fmt::join(first, " "), fmt::join(first, " "));
  }
  if (takes_names(command))
    out += fmt::format("complete -c ingot -n '__fish_seen_subcommand_from {}' -a '(__ingot_names)'\n", command.name);
  if (takes_files(command)) out += fmt::format("complete -c ingot -n '__fish_seen_subcommand_from {}' -F\n", command.name);
}

}  // namespace

std::string fish_completion(const std::vector<std::string>& schemas) {
  std::string out =
      "# Completions of ingot for fish, made by \"ingot completion fish\".\n"
      "function __ingot_names; command ingot completion names -- (commandline -opc)[2..-1] 2>/dev/null; end\ncomplete -c ingot "
      "-f\n";
  out += "complete -c ingot -n __fish_use_subcommand -a help -d 'show the help of a command'\n";
  for (const auto& command : command_table()) {
    out +=
        fmt::format("complete -c ingot -n __fish_use_subcommand -a {} -d {}\n", command.name, quoted_for_fish(command.summary));
    const std::string when = fmt::format(" -n '__fish_seen_subcommand_from {}'", command.name);
    put_fish_words(command, schemas, out);
    for (const auto& option : command.options()) put_option(option, when, out);
  }
  for (const auto& option : global_options()) put_option(option, "", out);
  return out;
}

}  // namespace ingot::options
