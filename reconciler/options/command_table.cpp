#include "reconciler/options/command_table.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/options/define.hpp"

namespace ingot::options {

namespace {

/// A usage line with more options than this says [OPTIONS].
constexpr std::size_t most_options_in_usage = 3;

const Option* option_in(const std::vector<Option>& options, std::string_view flag) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& option) { return option.has(flag); });
  return found == options.end() ? nullptr : &*found;
}

}  // namespace

const std::vector<CommandEntry>& command_table() {
  static const std::vector<CommandEntry> table = [] {
    std::vector<CommandEntry> all;
    for (auto* const rows :
         {server_commands, run_commands, question_commands, image_commands, upkeep_commands, fleet_commands, shell_commands}) {
      for (auto& row : rows()) all.push_back(std::move(row));
    }
    return all;
  }();
  return table;
}

const CommandEntry* find_command(std::string_view name) {
  const auto& table = command_table();
  const auto found = std::find_if(table.begin(), table.end(), [&](const CommandEntry& entry) { return entry.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const auto& entry : command_table()) names.push_back(entry.name);
  return names;
}

const Option* find_option(const CommandEntry* command, std::string_view flag) {
  if (command != nullptr) {
    for (const auto& form : command->forms) {
      if (const Option* const own = form.option(flag)) return own;
    }
  }
  return option_in(global_options(), flag);
}

Option::Option(std::string_view spelling, std::string what, Set setter) : text(std::move(what)), set(std::move(setter)) {
  while (spelling.starts_with('-')) {
    const auto end = std::min(spelling.find_first_of(", "), spelling.size());
    flags.emplace_back(spelling.substr(0, end));
    spelling.remove_prefix(std::min(spelling.find_first_not_of(", ", end), spelling.size()));
  }
  placeholder = spelling;
}

bool Option::has(std::string_view flag) const { return std::find(flags.begin(), flags.end(), flag) != flags.end(); }

std::string Option::spelling() const {
  return fmt::format("{}{}{}", fmt::join(flags, ", "), takes_value() ? " " : "", placeholder);
}

std::string Option::long_spelling() const { return flags.back() + (takes_value() ? " " : "") + placeholder; }

std::string Option::brief() const {
  std::size_t end = std::min({text.find_first_of(",;:("), text.find(". "), text.size()});
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '.')) --end;
  return text.substr(0, end);
}

Word::Word(std::string_view spelling, Set setter) : set(std::move(setter)) {
  needed = !spelling.starts_with('[');
  if (!needed) spelling = spelling.substr(1, spelling.size() - 2);
  repeated = spelling.ends_with("...");
  if (repeated) spelling.remove_suffix(3);
  placeholder = spelling;
}

std::string Word::spelling() const {
  const std::string word = placeholder + (repeated ? "..." : "");
  return needed ? word : "[" + word + "]";
}

const Option* Form::option(std::string_view flag) const { return option_in(options, flag); }

std::string Form::usage() const {
  std::string line = "ingot " + name;
  const bool each = options.size() <= most_options_in_usage;
  if (!each) line += " [OPTIONS]";
  for (const auto& option : options) {
    if (option.needed)
      line += " " + option.long_spelling();
    else if (each)
      line += fmt::format(" [{}]{}", option.long_spelling(), option.repeated ? "..." : "");
  }
  if (dashes) line += " --";
  for (const auto& word : words) line += " " + word.spelling();
  return line;
}

std::vector<std::string> alternatives(std::string_view placeholder) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = placeholder.find('|');
    parts.emplace_back(placeholder.substr(0, end));
    if (end == std::string_view::npos) return parts;
    placeholder.remove_prefix(end + 1);
  }
}

}  // namespace ingot::options
