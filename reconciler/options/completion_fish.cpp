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
void put_option(const HelpOption& option, const std::string& when, std::string& out) {
  for (const auto& flag : option.flags) {
    out += "complete -c ingot" + when;
    out += flag.starts_with("--") ? " -l " + flag.substr(2) : " -s " + flag.substr(1);
    const auto choices = choices_of(option.value);
    if (!choices.empty())
      out += fmt::format(" -x -a '{}'", fmt::join(choices, " "));
    else if (is_file(option.value))
      out += " -r -F";
    else if (option.value == "PEER")
      out += " -x -a '(__ingot_names)'";
    else if (!option.value.empty())
      out += " -x";
    out += " -d " + quoted_for_fish(option.brief()) + "\n";
  }
}

void put_fish_words(const HelpPage& page, const Completable& all, std::string& out) {
  const auto first = all.first_words(page);
  if (!first.empty()) {
    out += fmt::format("complete -c ingot -n '__fish_seen_subcommand_from {}; and not __fish_seen_subcommand_from {}' -a '{}'\n",
                       page.command, fmt::join(first, " "), fmt::join(first, " "));
  }
  if (page.takes_names())
    out += fmt::format("complete -c ingot -n '__fish_seen_subcommand_from {}' -a '(__ingot_names)'\n", page.command);
  if (page.takes_files()) out += fmt::format("complete -c ingot -n '__fish_seen_subcommand_from {}' -F\n", page.command);
}

}  // namespace

std::string fish_completion(const Completable& all) {
  std::string out =
      "# Completions of ingot for fish, made by \"ingot completion fish\".\n"
      "function __ingot_names; command ingot completion names -- (commandline -opc)[2..-1] 2>/dev/null; end\ncomplete -c ingot "
      "-f\n";
  out += "complete -c ingot -n __fish_use_subcommand -a help -d 'the page of a command'\n";
  for (const auto& page : all.pages) {
    out += fmt::format("complete -c ingot -n __fish_use_subcommand -a {} -d {}\n", page.command, quoted_for_fish(page.summary));
    const std::string when = fmt::format(" -n '__fish_seen_subcommand_from {}'", page.command);
    put_fish_words(page, all, out);
    for (const auto& option : page.options) put_option(option, when, out);
  }
  for (const auto& option : all.everywhere) put_option(option, "", out);
  return out;
}

}  // namespace ingot::options
